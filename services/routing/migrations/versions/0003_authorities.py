"""Authorities as dated rows, imported from a file; their capabilities and contact points."""

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

TABLES: tuple[str, ...] = (
    # every table of authorities there ever was: rows are only ever added, authority_now says which one counts
    """
    create table authority_version (
        version integer primary key,
        made_at timestamptz not null,
        made_by text not null,
        why text not null
    )
    """,
    """
    create table authority_row (
        version integer not null references authority_version,
        id text not null,
        kind text not null,
        name text not null,
        valid_from date not null,
        valid_to date,
        code text,
        cvr text,
        successor text,
        delegates_to text,
        crisis_team boolean,
        languages text[] not null default '{}',
        opening_hours text,
        capacity_a_day integer,
        primary key (version, id, valid_from)
    )
    """,
    """
    create table authority_membership (
        version integer not null references authority_version,
        member text not null,
        body text not null,
        valid_from date not null,
        valid_to date,
        primary key (version, member, body, valid_from)
    )
    """,
    """
    create table authority_postcode (
        version integer not null references authority_version,
        postcode text not null,
        municipalities text[] not null,
        primary key (version, postcode)
    )
    """,
    # one row, held in share by who writes decisions: a decision stands on the authorities of its moment
    """
    create table authority_now (
        one boolean primary key default true check (one),
        version integer not null references authority_version
    )
    """,
    # what an authority's contact points were from when to when: the last row of each is what they are
    """
    create table contact_points (
        seq bigint generated always as identity primary key,
        authority text not null,
        set_at timestamptz not null,
        set_by text not null,
        why text not null,
        points jsonb not null
    )
    """,
    "create index contact_points_of on contact_points (authority, seq)",
    # a request to decide again in bulk, worked off in the order of the ids: after a crash it goes on
    """
    create table reopening (
        reopening_id uuid primary key,
        asked_at timestamptz not null,
        begun_at timestamptz not null default now(),
        asked_by text not null,
        why text not null,
        incident_id uuid,
        decided_until date not null,
        authorities text[],
        reached uuid not null default '00000000-0000-0000-0000-000000000000',
        cases integer not null default 0,
        done_at timestamptz
    )
    """,
    "create index reopening_open on reopening (asked_at) where done_at is null",
    "alter table home_case drop constraint home_case_state_check",
    """
    alter table home_case add constraint home_case_state_check
        check (state in ('waiting', 'resolved', 'triage', 'merged', 'forgotten'))
    """,
    # told_at and merge_told_at: the time of the last event heeded, so that an older one changes nothing
    """
    alter table home_case
        add column municipality text,
        add column region text,
        add column told_at timestamptz,
        add column merge_told_at timestamptz,
        add column settled_at timestamptz,
        add column facts_changed boolean not null default false
    """,
    """
    update home_case c set municipality = d.municipality, region = d.region
    from (select distinct on (registration_id) registration_id, municipality, region
          from decision order by registration_id, seq desc) d
    where c.registration_id = d.registration_id
    """,
)


def upgrade() -> None:
    for statement in TABLES:
        op.execute(statement)
