"""Who acts for a contact, and whom a limited consent to it may name."""

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

TABLES: tuple[str, ...] = (
    # null: requested before the acting authority was told
    "alter table message add column authority text, add column covered_by text[]",
)


def upgrade() -> None:
    for statement in TABLES:
        op.execute(statement)
