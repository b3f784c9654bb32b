"""Who was contacted already, deliberate repeats, people named, waves cancelled while being launched."""

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

TABLES: tuple[str, ...] = (
    """
    alter table wave
        add registrations uuid[] not null default '{}',
        add repeat boolean not null default false,
        add again integer not null default 0,
        add omitted text, -- JSON, written and read whole
        add languages text, -- the same
        add written_at timestamptz -- when the last of its contacts was written
    """,
    "update wave set written_at = launched_at where launched_at is not null and state <> 'launching'",
    "create index wave_to_write on wave (launched_at) where launched_at is not null and written_at is null",
    "alter table wave_member add again boolean not null default false",
    "alter table contact add template text not null default ''",
    """
    update contact c set template = w.plan_text::jsonb -> 'steps' -> c.step::int ->> 'template'
    from wave w where w.wave_id = c.wave_id and c.kind = 'message'
    """,
    "create index contact_of_person on contact (incident_id, registration_id)",
    "drop index contact_of_incident",
)


def upgrade() -> None:
    for statement in TABLES:
        op.execute(statement)
