"""Remember whose case a person has closed: nobody looks for an authority any more."""

from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("alter table person add column closed boolean not null default false")
