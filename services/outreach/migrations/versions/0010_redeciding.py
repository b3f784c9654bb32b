"""How many of those planned routing was asked about again when the wave was drafted."""

from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

TABLES: tuple[str, ...] = ("alter table wave add redeciding integer not null default 0",)


def upgrade() -> None:
    for statement in TABLES:
        op.execute(statement)
