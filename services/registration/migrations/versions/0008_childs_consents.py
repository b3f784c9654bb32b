"""Which consents a child gave alone, where that became known afterwards."""

from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

TABLES: tuple[str, ...] = (
    # registration_id: who speaks for the person. The ledger only grows, and what is known of an age may
    # change again: this is what follows from both, written anew whenever the age is.
    """
    create table childs_consent (
        entry_id uuid references consent_entry,
        registration_id uuid references registration,
        primary key (entry_id, registration_id)
    )
    """,
    "create index childs_consent_person on childs_consent (registration_id)",
)


def upgrade() -> None:
    for statement in TABLES:
        op.execute(statement)
