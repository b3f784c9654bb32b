"""Retention: until when the people of an incident are kept, and how far forgetting them has come."""

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

TABLES: tuple[str, ...] = (
    # Every date there ever was; the newest of an incident holds. why is sealed under the incident's own key.
    """
    create table retention (
        seq bigint generated always as identity primary key,
        incident_id uuid not null references incident,
        keep_until date not null,
        why bytea not null,
        set_by text not null,
        set_at timestamptz not null,
        began_at timestamptz,
        forgotten integer not null default 0,
        ended_at timestamptz,
        check (ended_at is null or began_at is not null)
    )
    """,
    "create index retention_incident on retention (incident_id, seq desc)",
    "create index retention_open on retention (keep_until) where ended_at is null",
    "create index registration_kept on registration (incident_id, id) where forgotten_at is null",
)


def upgrade() -> None:
    for statement in TABLES:
        op.execute(statement)
