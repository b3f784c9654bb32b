"""Validate two checks that 0009 added without reading the rows. Writers are not blocked meanwhile."""

from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("alter table home_case validate constraint home_case_state_check")
    op.execute("alter table decision validate constraint decision_outcome_check")
