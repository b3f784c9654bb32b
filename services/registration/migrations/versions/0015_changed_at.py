"""When a person or an incident last changed: recorded times never go back for them."""

from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

TABLES: tuple[str, ...] = (
    "alter table registration add column changed_at timestamptz",
    "alter table incident add column changed_at timestamptz",
)


def upgrade() -> None:
    for statement in TABLES:
        op.execute(statement)
