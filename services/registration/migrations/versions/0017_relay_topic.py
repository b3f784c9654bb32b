"""Remember into which making of a topic was sent: one made anew since lacks what was sent before."""

from alembic import op

from kit.database.schema import RELAY_TOPIC

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for statement in RELAY_TOPIC:
        op.execute(statement)
