"""Whom a last day reaches, by the clock that ids are made with."""

from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

TABLES: tuple[str, ...] = (
    # began_at is told by the service's clock, which an exercise may move; the ids of people never are.
    "alter table retention add reaches_until timestamptz",
    "update retention set reaches_until = began_at",
    "alter table retention add check ((began_at is null) = (reaches_until is null))",
)


def upgrade() -> None:
    for statement in TABLES:
        op.execute(statement)
