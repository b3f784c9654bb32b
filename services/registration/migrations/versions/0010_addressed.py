"""Which registration a correction was addressed to: it is theirs, where a merge turns out to be a mistake."""

from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

TABLES: tuple[str, ...] = (
    # Null: addressed to nobody, since a merge, its undoing, or a repeat that lent something wrote it.
    "alter table person_version add addressed uuid references registration",
)


def upgrade() -> None:
    for statement in TABLES:
        op.execute(statement)
