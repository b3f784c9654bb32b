"""Projection of incidents, waves and consents; messages, their attempts, receipts."""

from alembic import op

from kit.database.schema import STATEMENTS

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_OWN = (
    # a message may be told of before its incident and its person: `known` and `registered` say what has come
    """
    create table incident (
        incident_id uuid primary key,
        exercise boolean not null,
        known boolean not null default false,
        name text,
        hotline text,
        web_page text
    )
    """,
    """
    create table wave (
        wave_id uuid primary key,
        state text not null check (state in ('running', 'paused', 'cancelled')),
        told_at timestamptz not null
    )
    """,
    """
    create table person (
        registration_id uuid primary key,
        incident_id uuid not null,
        exercise boolean not null,
        registered boolean not null default false,
        contact bytea,
        registration_consent uuid,
        registration_given_at timestamptz,
        registration_expires_at timestamptz,
        registration_withdrawn_at timestamptz,
        registration_stands boolean not null default false,
        contact_consent uuid,
        contact_channels text[] not null default '{}',
        contact_given_at timestamptz,
        contact_expires_at timestamptz,
        contact_withdrawn_at timestamptz,
        contact_stands boolean not null default false,
        forgotten_at timestamptz
    ) with (fillfactor = 70)
    """,
    # no foreign keys: each would lock a row of an incident or a wave, a hundred thousand times
    """
    create table message (
        contact_id uuid primary key,
        registration_id uuid not null,
        incident_id uuid not null,
        exercise boolean not null,
        wave_id uuid not null,
        municipality text not null,
        template text not null,
        channels text[] not null,
        language text not null,
        recipient bytea,
        requested_at timestamptz not null,
        not_after timestamptz not null,
        state text not null default 'waiting' check (state in ('waiting', 'sending', 'in_doubt',
            'handed_over', 'delivered', 'failed', 'withheld')),
        position smallint not null default 1,
        attempt_id uuid,
        epoch integer not null default 0,
        lease_until timestamptz,
        next_try_at timestamptz not null default now(),
        tries smallint not null default 0,
        reason text,
        check ((state in ('failed', 'withheld')) = (reason is not null)),
        check ((state = 'sending') = (lease_until is not null))
    ) with (fillfactor = 60)
    """,
    "create index message_due on message (incident_id, next_try_at) where state = 'waiting'",
    "create index message_leased on message (lease_until) where state = 'sending'",
    "create index message_in_doubt on message (next_try_at) where state = 'in_doubt'",
    "create index message_waiting on message (registration_id) where state = 'waiting'",
    "create index message_of_wave on message (wave_id) where state = 'waiting'",
    "create index message_of_incident on message (incident_id, state)",
    """
    create table attempt (
        attempt_id uuid primary key,
        contact_id uuid not null references message,
        channel text not null,
        idempotency_key uuid not null unique,
        state text not null check (state in ('started', 'unsent', 'in_doubt', 'handed_over', 'delivered',
            'failed', 'returned', 'cancelled', 'withheld')),
        epoch integer not null,
        created_at timestamptz not null default clock_timestamp(),
        started_at timestamptz not null default clock_timestamp(),
        provider_id text,
        code text,
        resent_by text,
        resent_why bytea
    ) with (fillfactor = 70)
    """,
    "create index attempt_of_message on attempt (contact_id)",
    """
    create table receipt (
        idempotency_key uuid not null,
        status text not null,
        handling text not null,
        at timestamptz not null,
        code text,
        received_at timestamptz not null default now(),
        matched boolean not null default false,
        contradicts boolean not null default false,
        primary key (idempotency_key, handling, at)
    )
    """,
    "create index receipt_unmatched on receipt (received_at) where not matched",
)


def upgrade() -> None:
    for statement in (*STATEMENTS, *_OWN):
        op.execute(statement)
