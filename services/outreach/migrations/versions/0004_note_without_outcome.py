"""A note may be written without an outcome: when a call is put back."""

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("alter table call_attempt alter outcome drop not null")
