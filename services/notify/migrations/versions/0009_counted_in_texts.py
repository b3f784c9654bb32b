"""Attempts tell which text to a shared telephone they carry, and whom it counts."""

from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

TABLES: tuple[str, ...] = (
    "alter table shared_text add text_id uuid not null default gen_random_uuid()",
    "alter table attempt add text_id uuid, add people uuid[]",
    """
    update attempt a set text_id = t.text_id, people = t.people from shared_text t
    where t.contact_id = a.contact_id and a.channel = 'sms'
    """,
    "create index attempt_of_text on attempt (text_id) where text_id is not null",
)


def upgrade() -> None:
    for statement in TABLES:
        op.execute(statement)
