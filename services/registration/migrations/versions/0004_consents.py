"""Whom a consent covers; who told a withdrawal; the way to the public form of an incident."""

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

TABLES: tuple[str, ...] = (
    # authorities: whom the consent covers, empty for whoever is responsible. told_by: who told a withdrawal;
    # the name, if there is one, is the documentation. unconfirmed: it came by the public page, from anybody,
    # after the person withdrew; it is kept, and counts for nothing.
    """
    alter table consent_entry
    add column authorities text[] not null default '{}',
    add column told_by text,
    add column unconfirmed boolean not null default false
    """,
    # The slug is drawn once, so that what is printed stays right: opening and closing never changes it.
    """
    create table public_form (
        incident_id uuid primary key references incident,
        slug text not null unique,
        open boolean not null,
        changed_at timestamptz not null,
        changed_by text not null
    )
    """,
    # How many tried since `since`: whose keyed digest it is changes with the window. No address is kept.
    """
    create table public_attempt (
        digest bytea not null,
        since timestamptz not null,
        attempts integer not null,
        primary key (digest, since)
    )
    """,
    "create index public_attempt_since on public_attempt (since)",
    "create sequence form_number",
)


def upgrade() -> None:
    for statement in TABLES:
        op.execute(statement)
