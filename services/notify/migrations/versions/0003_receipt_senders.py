"""Receipts by who told them: what fits no message is bounded for each."""

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

TABLES: tuple[str, ...] = (
    "alter table receipt add sender text not null default ''",
    "drop index receipt_unmatched",
    "create index receipt_unmatched on receipt (sender, received_at) where not matched",
)


def upgrade() -> None:
    for statement in TABLES:
        op.execute(statement)
