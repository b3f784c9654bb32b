"""Incidents, registrations, the consent ledger, blind indexes, and what came in."""

from alembic import op

from kit.database.schema import STATEMENTS

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

TABLES = (
    """
    create table incident (
        id uuid primary key,
        name text not null,
        kind text not null,
        place text not null,
        started_at timestamptz not null,
        event_authority text not null,
        hotline text,
        web_page text,
        exercise boolean not null,
        long_running boolean not null,
        opened_at timestamptz not null,
        opened_by text not null,
        closed_at timestamptz,
        closed_by text
    )
    """,
    # Personal data is sealed under the row's own key. A repeat (the same identity value in the same incident)
    # is kept whole, under its own key, and points at the first: it is no person of its own.
    # registration_until, contact_until and withdrawn are what domain/consent.py folds the ledger to.
    """
    create table registration (
        id uuid primary key,
        incident_id uuid not null references incident,
        repeat_of uuid references registration,
        role text not null,
        place text not null,
        presence text not null,
        registered_at timestamptz not null,
        registered_by text not null,
        language text not null,
        interpreter boolean not null,
        age_band text not null,
        channels text[] not null,
        identity bytea,
        contact bytea not null,
        note bytea,
        registration_until timestamptz,
        contact_until timestamptz,
        withdrawn boolean not null default false,
        forgotten_at timestamptz,
        forgotten_by text,
        forgotten_why bytea,
        key_deleted_at timestamptz
    )
    """,
    "create index registration_incident on registration (incident_id)",
    "create index registration_repeat on registration (repeat_of) where repeat_of is not null",
    """
    create index registration_forgetting on registration (id)
    where forgotten_at is not null and key_deleted_at is null
    """,
    # key_of: whose key seals the documentation (a repeat's consents stand in the ledger of the first).
    """
    create table consent_entry (
        id uuid primary key,
        registration_id uuid not null references registration,
        kind text not null check (kind in ('given', 'withdrawn')),
        purpose text not null,
        at timestamptz not null,
        recorded_at timestamptz not null,
        recorded_by text not null,
        channels text[],
        expires_at timestamptz,
        wording text,
        language text,
        obtained text,
        form_number text,
        key_of uuid,
        documentation bytea,
        withdrawn_by text,
        check (kind = 'withdrawn' or (channels is not null and expires_at <= at + interval '1 year'
            and wording is not null and language is not null and obtained is not null
            and key_of is not null and documentation is not null)),
        check (kind = 'given' or withdrawn_by is not null)
    )
    """,
    "create index consent_entry_person on consent_entry (registration_id)",
    """
    create function refuse_change() returns trigger language plpgsql as
    $$ begin raise exception 'the consent ledger is append-only'; end $$
    """,
    """
    create trigger append_only before update or delete or truncate on consent_entry
    for each statement execute function refuse_change()
    """,
    # One person per identity value in an incident.
    """
    create table identity_claim (
        digest bytea not null,
        incident_id uuid not null,
        registration_id uuid not null,
        primary key (digest, incident_id)
    )
    """,
    "create index identity_claim_person on identity_claim (registration_id)",
    """
    create table blind_index (
        digest bytea not null,
        registration_id uuid not null,
        primary key (digest, registration_id)
    )
    """,
    "create index blind_index_person on blind_index (registration_id)",
    # What came in, once: key and body are keyed digests of an Idempotency-Key or of a row of a file.
    """
    create table intake (
        key bytea primary key,
        body bytea,
        made uuid not null,
        at timestamptz not null default now()
    )
    """,
)


def upgrade() -> None:
    for statement in (*STATEMENTS, *TABLES):
        op.execute(statement)
