"""When the register told that a person has died, and that a relative has."""

from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

TABLES: tuple[str, ...] = (
    "alter table standing add column died_at timestamptz, add column relative_died_at timestamptz",
    # who belongs to whom, as registration told it last
    """
    create table relation (
        registration_id uuid not null,
        relative_id uuid not null,
        word text not null,
        primary key (registration_id, relative_id, word)
    )
    """,
    "create index relation_of_relative on relation (relative_id)",
    "alter table standing add column relations_told_at timestamptz",
)


def upgrade() -> None:
    for statement in TABLES:
        op.execute(statement)
