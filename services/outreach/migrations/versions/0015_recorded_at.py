"""Remember the time of the last recorded change of a person's contacts: recorded times never go back."""

from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("alter table person add column recorded_at timestamptz")
