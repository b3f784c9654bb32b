"""What a device with a wrong clock claimed, beside the time of receipt."""

from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

TABLES: tuple[str, ...] = (
    "alter table registration add column device_at timestamptz",
    "alter table consent_entry add column device_at timestamptz",
)


def upgrade() -> None:
    for statement in TABLES:
        op.execute(statement)
