"""Messages that were claimed, apart from those for which the provider may have been called."""

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

TABLES: tuple[str, ...] = (
    # of a message that is being sent: false from the claim to the last look, true from then on. Null where a
    # version from before wrote the claim: it may have called
    "alter table message add called boolean",
)


def upgrade() -> None:
    for statement in TABLES:
        op.execute(statement)
