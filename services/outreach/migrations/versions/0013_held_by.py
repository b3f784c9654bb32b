"""Remember which authority has accepted a case that has no home authority now: it gets the calls."""

from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("alter table person add column held_by text")
