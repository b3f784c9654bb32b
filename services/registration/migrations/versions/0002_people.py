"""Corrections with their history, links, wishes; an incident's status and its history."""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

TABLES: tuple[str, ...] = (
    "alter table incident add column event_authorities text[] not null default '{}'",
    "update incident set event_authorities = array[event_authority]",
    # why may name somebody: it is sealed under a key of the incident's own.
    """
    create table incident_change (
        id uuid primary key,
        incident_id uuid not null references incident,
        at timestamptz not null,
        by text not null,
        what text not null check (what in ('opened', 'closed', 'reopened', 'corrected')),
        changed text[] not null default '{}',
        was jsonb,
        why bytea,
        check ((what = 'corrected') = (was is not null))
    )
    """,
    "create index incident_change_incident on incident_change (incident_id)",
    """
    insert into incident_change (id, incident_id, at, by, what)
    select gen_random_uuid(), id, opened_at, opened_by, 'opened' from incident
    union all
    select gen_random_uuid(), id, closed_at, closed_by, 'closed' from incident where closed_at is not null
    """,
    # lent_at: when a repeat was looked at for what the first registration lacks.
    """
    alter table registration add column circumstances bytea, add column preferred_channel text,
        add column lent_at timestamptz
    """,
    """
    create index registration_lending on registration (id)
    where repeat_of is not null and lent_at is null and forgotten_at is null
    """,
    # What a correction replaced, sealed as it was; key_of is whose key opens it.
    """
    create table person_version (
        id uuid primary key,
        registration_id uuid not null references registration,
        number integer not null,
        key_of uuid not null,
        changed text[] not null,
        replaced_at timestamptz not null,
        replaced_by text not null,
        why bytea not null,
        role text not null,
        presence text not null,
        language text not null,
        interpreter boolean not null,
        age_band text not null,
        channels text[] not null,
        preferred_channel text,
        identity bytea,
        contact bytea not null,
        note bytea,
        circumstances bytea,
        unique (registration_id, number)
    )
    """,
    """
    create function refuse_new_past() returns trigger language plpgsql as
    $$ begin raise exception 'what a correction replaced is append-only'; end $$
    """,
    """
    create trigger append_only before delete or truncate on person_version
    for each statement execute function refuse_new_past()
    """,
    # Blanked only: what was held of another person, while the two were taken for one, goes when they are
    # forgotten.
    """
    create trigger blanked_only before update on person_version
    for each row when (
        new.contact <> '' or new.why <> '' or new.identity is not null or new.note is not null
        or new.circumstances is not null
        or (new.id, new.registration_id, new.number, new.changed, new.replaced_at, new.replaced_by)
            is distinct from (old.id, old.registration_id, old.number, old.changed, old.replaced_at,
            old.replaced_by)
    ) execute function refuse_new_past()
    """,
    # Between two registrations of one incident. A guardian's points at the child; the others point nowhere,
    # and have the smaller id first. After a merge both ends speak for the surviving registration.
    """
    create table link (
        id uuid primary key,
        kind text not null check (kind in ('family', 'guardian', 'came_with')),
        one uuid not null references registration,
        other uuid not null references registration,
        made_at timestamptz not null,
        made_by text not null,
        ended_at timestamptz,
        ended_by text,
        check (one <> other),
        check (kind = 'guardian' or one < other)
    )
    """,
    "create unique index link_standing on link (one, other, kind) where ended_at is null",
    "create index link_other on link (other)",
    # While one stands nobody contacts the person, whatever the consents say. A reason is sealed under key_of.
    """
    create table contact_bar (
        id uuid primary key,
        registration_id uuid not null references registration,
        reason text not null check (reason in ('do_not_contact', 'restricted')),
        key_of uuid not null,
        barred_at timestamptz not null,
        barred_by text not null,
        barred_why bytea,
        lifted_at timestamptz,
        lifted_by text,
        lifted_why bytea,
        check ((lifted_at is null) = (lifted_by is null))
    )
    """,
    """
    create unique index contact_bar_standing on contact_bar (registration_id, reason)
    where lifted_at is null
    """,
    "create index contact_bar_person on contact_bar (registration_id)",
)


def upgrade() -> None:
    for statement in TABLES:
        op.execute(statement)
