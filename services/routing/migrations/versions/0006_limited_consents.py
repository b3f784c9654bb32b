"""Whom a limited consent may name, beside the home authority and each offer."""

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

TABLES: tuple[str, ...] = (
    "alter table standing add column covered_by text[] not null default '{}'",
    # what was offered before rested on a consent that named the authority itself, or nobody
    "alter table handover add column covered_by text[] not null default '{}'",
)


def upgrade() -> None:
    for statement in TABLES:
        op.execute(statement)
