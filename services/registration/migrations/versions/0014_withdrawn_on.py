"""When the citizen withdrew, beside when that was recorded and from when it counts."""

from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

TABLES: tuple[str, ...] = (
    # of a withdrawal only; null in older entries: the time from which it counts
    "alter table consent_entry add column withdrawn_on timestamptz",
)


def upgrade() -> None:
    for statement in TABLES:
        op.execute(statement)
