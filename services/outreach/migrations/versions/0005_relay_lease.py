"""The relay leads by a lease in its own table, which no other role can touch."""

from alembic import op

from kit.database.schema import RELAY_LEASE

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for statement in RELAY_LEASE:
        op.execute(statement)
