"""Handovers, what was passed on, and the owners and clocks of the triage queue."""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

TABLES: tuple[str, ...] = (
    """
    alter table incident
        add column name text,
        add column place text,
        add column started_at timestamptz,
        add column event_authority text,
        add column told_at timestamptz
    """,
    # what decides whether a case may be passed on, and to whom; circumstances are sealed
    """
    create table standing (
        registration_id uuid primary key,
        incident_id uuid not null,
        exercise boolean not null,
        role text,
        place text,
        registered_at timestamptz,
        language text,
        preferred_channel text,
        circumstances bytea,
        told_at timestamptz,
        consent_id uuid,
        consent_given_at timestamptz,
        consent_expires_at timestamptz,
        consent_authorities text[] not null default '{}',
        withdrawn_at timestamptz,
        restated_at timestamptz,
        restricted_at timestamptz,
        restriction_lifted_at timestamptz,
        do_not_contact_at timestamptz,
        do_not_contact_lifted_at timestamptz,
        merged_into uuid,
        merged_at timestamptz,
        unmerged_at timestamptz,
        forgotten_at timestamptz,
        home text,
        municipality text,
        status text not null default 'unresolved',
        status_since timestamptz not null default now(),
        handover_id uuid,
        held_id uuid,
        refused_by text[] not null default '{}',
        refusal text,
        suggested text,
        check (forgotten_at is null or circumstances is null),
        check ((consent_id is null) = (consent_given_at is null))
    ) with (fillfactor = 60)
    """,
    "create index standing_of_incident on standing (incident_id)",
    # clock_at: when the step now waited for is late; null once that is told, or nothing is waited for
    """
    create table handover (
        handover_id uuid primary key,
        registration_id uuid not null,
        incident_id uuid not null,
        exercise boolean not null,
        authority text not null,
        municipality text not null,
        consent_id uuid not null,
        state text not null check (state in ('offered', 'accepted', 'refused', 'contacted', 'called_off')),
        offered_at timestamptz not null,
        answer_by timestamptz not null,
        accepted_at timestamptz,
        accepted_by text,
        contact_by timestamptz,
        first_contact_at timestamptz,
        first_contact_by text,
        refused_at timestamptz,
        refused_by text,
        refusal text,
        refusal_note bytea,
        called_off_at timestamptz,
        call_off text,
        clock_at timestamptz,
        escalated_step text,
        escalated_at timestamptz,
        check (state not in ('accepted', 'contacted') or accepted_at is not null),
        check ((accepted_at is null) = (contact_by is null)),
        check (state <> 'contacted' or first_contact_at is not null),
        check ((state = 'refused') <= (refused_at is not null and refusal is not null)),
        check ((state = 'called_off') = (called_off_at is not null))
    ) with (fillfactor = 70)
    """,
    "create unique index handover_offered on handover (registration_id) where state = 'offered'",
    "create index handover_of_person on handover (registration_id)",
    "create index handover_of_incident on handover (incident_id, offered_at)",
    "create index handover_clock on handover (clock_at) where clock_at is not null",
    """
    create index handover_overdue on handover (escalated_step, exercise)
        where (state = 'offered' and escalated_step = 'acceptance')
            or (state = 'accepted' and escalated_step = 'first_contact')
    """,
    # domain.md, What must be true, 9: only ever added to
    """
    create table passing_on (
        seq bigint generated always as identity primary key,
        handover_id uuid not null,
        registration_id uuid not null,
        authority text not null,
        field_sets text[] not null,
        consent_id uuid not null,
        consent_given_at timestamptz not null,
        consent_expires_at timestamptz not null,
        actor text not null,
        passed_on_at timestamptz not null
    )
    """,
    "create index passing_on_of_person on passing_on (registration_id)",
    """
    create function refuse_change() returns trigger language plpgsql as $$
    begin
        raise exception 'rows of % are only ever added', tg_table_name;
    end $$
    """,
    """
    create trigger passing_on_is_kept before update or delete or truncate on passing_on
        for each statement execute function refuse_change()
    """,
    # who takes care of a case in the queue, for as long as it is in that queue since that moment
    """
    create table triage_care (
        registration_id uuid primary key,
        queue text not null,
        since timestamptz not null,
        owner text,
        assigned_at timestamptz,
        assigned_by text,
        overdue_told_at timestamptz
    )
    """,
    "create index home_case_queued_since on home_case (since) where queue is not null",
    """
    insert into standing (registration_id, incident_id, exercise)
    select registration_id, incident_id, exercise from home_case
    """,
)


def upgrade() -> None:
    for statement in TABLES:
        op.execute(statement)
