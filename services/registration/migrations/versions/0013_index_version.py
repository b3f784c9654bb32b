"""Which version of the blind index a registration is found by."""

from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

TABLES: tuple[str, ...] = (
    "alter table registration add column index_version smallint not null default 0",
    "create index registration_index_version on registration (index_version, id) where forgotten_at is null",
)


def upgrade() -> None:
    for statement in TABLES:
        op.execute(statement)
