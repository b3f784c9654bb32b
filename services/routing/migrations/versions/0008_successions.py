"""Handovers that a successor has taken over by law."""

from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

TABLES: tuple[str, ...] = (
    # who was asked, where another authority has taken the handover over since
    "alter table handover add column succeeds text",
)


def upgrade() -> None:
    for statement in TABLES:
        op.execute(statement)
