"""Projection of incidents and people; waves, their frozen sets, contacts, calls."""

from alembic import op

from kit.database.schema import STATEMENTS

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_OWN = (
    """
    create table incident (
        incident_id uuid primary key,
        exercise boolean not null,
        closed_at timestamptz
    )
    """,
    # written from two topics in any order: registration's columns, then routing's
    """
    create table person (
        registration_id uuid primary key,
        incident_id uuid not null,
        exercise boolean not null,
        registered boolean not null default false,
        role text,
        language text not null default 'da',
        age_band text not null default 'unknown',
        possible text[] not null default '{}',
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
        forgotten_at timestamptz,
        municipality text,
        contactability text not null default 'open',
        digital_post boolean,
        letter_allowed boolean not null default false,
        recipient bytea,
        decided_at timestamptz
    ) with (fillfactor = 60)
    """,
    "create index person_of_incident on person (incident_id, registration_id)",
    """
    create table wave (
        wave_id uuid primary key,
        incident_id uuid not null references incident,
        exercise boolean not null,
        plan text not null,
        plan_version integer not null,
        plan_text text not null,
        roles text[] not null,
        municipalities text[] not null,
        state text not null default 'draft' check (state in ('draft', 'previewed', 'approved', 'launching',
            'running', 'paused', 'cancelled', 'completed')),
        created_by text not null,
        created_at timestamptz not null default now(),
        preview integer not null default 0,
        previewed_by text,
        previewed_at timestamptz,
        frozen_hash text,
        people integer,
        planned integer,
        contacts text, -- JSON, written and read whole
        excluded text, -- the same
        approved_by text,
        approved_at timestamptz,
        launched_by text,
        launched_at timestamptz,
        launched_upto uuid,
        ended_at timestamptz,
        check (people is null or people >= planned),
        check ((state in ('draft', 'cancelled')) or frozen_hash is not null),
        check (approved_by is null or lower(approved_by) not in (lower(created_by), lower(previewed_by)))
    )
    """,
    "create index wave_of_incident on wave (incident_id)",
    "create index wave_at_work on wave (state) where state not in ('draft', 'previewed', 'completed')",
    # the frozen set: one row for each person of a preview, never changed
    """
    create table wave_member (
        wave_id uuid not null,
        preview integer not null,
        registration_id uuid not null,
        municipality text,
        excluded text,
        channels text[] not null,
        reasons text[] not null,
        primary key (wave_id, preview, registration_id),
        check (excluded is not null or municipality is not null)
    )
    """,
    # no foreign keys: a check for each row would lock its wave's row, a hundred thousand times at a launch
    """
    create table contact (
        contact_id uuid primary key default uuidv7(),
        wave_id uuid not null,
        incident_id uuid not null,
        registration_id uuid not null,
        step smallint not null,
        kind text not null,
        municipality text not null,
        channels text[] not null,
        due_at timestamptz not null,
        not_after timestamptz not null,
        state text not null default 'waiting' check (state in ('waiting', 'claimed', 'requested',
            'handed_over', 'delivered', 'failed', 'in_doubt', 'listed', 'concluded', 'withheld')),
        epoch integer not null default 0,
        lease_until timestamptz,
        reason text,
        attempt_id uuid,
        claimed_by text,
        attempts smallint not null default 0,
        outcome text,
        unique (wave_id, registration_id, step),
        check ((state = 'withheld') = (reason is not null)),
        check ((state = 'concluded') = (outcome is not null))
    ) with (fillfactor = 70)
    """,
    "create index contact_due on contact (wave_id, due_at) where state = 'waiting'",
    "create index contact_leased on contact (lease_until) where state = 'claimed'",
    "create index contact_listed on contact (municipality, due_at) where state = 'listed'",
    """
    create index contact_planned on contact (registration_id)
    where state in ('waiting', 'claimed', 'listed')
    """,
    """
    create index contact_open on contact (wave_id, not_after)
    where state in ('waiting', 'claimed', 'listed', 'requested', 'handed_over', 'in_doubt')
    """,
    "create index contact_of_incident on contact (incident_id)",
    """
    create table call_attempt (
        contact_id uuid not null references contact,
        epoch integer not null,
        actor text not null,
        outcome text not null,
        note bytea,
        call_back_at timestamptz,
        at timestamptz not null default now(),
        primary key (contact_id, epoch)
    )
    """,
)


def upgrade() -> None:
    for statement in (*STATEMENTS, *_OWN):
        op.execute(statement)
