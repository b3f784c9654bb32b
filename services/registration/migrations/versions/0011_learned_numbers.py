"""CPR numbers that the register has replaced: learned from routing, kept until they are adopted."""

from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

TABLES: tuple[str, ...] = (
    # number: contracts.events.personal.Identity, sealed with the person's key.
    """
    create table learned_number (
        registration_id uuid primary key,
        number bytea not null,
        learned_at timestamptz not null
    )
    """,
)


def upgrade() -> None:
    for statement in TABLES:
        op.execute(statement)
