"""A revision per registration: consumers keep the person's state of the highest one."""

from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        "alter table registration add revision bigint not null "
        "default (extract(epoch from now()) * 1000000)::bigint"
    )
