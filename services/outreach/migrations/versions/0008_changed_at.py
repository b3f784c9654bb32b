"""When a wave last changed: recorded times never go back for it."""

from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("alter table wave add column changed_at timestamptz")
