"""The relay leads by a lease in its own table, which no other role can touch."""

from alembic import op

from kit.database.schema import RELAY_LEASE

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for statement in RELAY_LEASE:
        op.execute(statement)
