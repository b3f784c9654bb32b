"""Projection of incidents, waves, people and contacts, and the counters over them."""

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
        name text not null,
        kind text not null,
        place text not null,
        started_at timestamptz not null,
        event_authority text not null,
        hotline text,
        web_page text,
        exercise boolean not null
    )
    """,
    # apart from the incident: it may be told of before the opening is
    "create table incident_closing (incident_id uuid primary key, closed_at timestamptz not null)",
    # moved by every change to an incident's figures: what the live pages watch
    "create table incident_version (incident_id uuid primary key, version bigint not null)",
    """
    create table wave (
        wave_id uuid primary key,
        incident_id uuid not null,
        plan text,
        launched_at timestamptz,
        planned text not null default '[]',
        excluded text not null default '[]',
        state text not null,
        state_at timestamptz not null
    )
    """,
    "create index wave_of_incident on wave (incident_id)",
    # written from four topics in any order; counted once registered
    """
    create table person (
        registration_id uuid primary key,
        incident_id uuid not null,
        registered boolean not null default false,
        forgotten boolean not null default false,
        registration_given_at timestamptz,
        registration_withdrawn_at timestamptz,
        contact_given_at timestamptz,
        contact_withdrawn_at timestamptz,
        decided_at timestamptz,
        municipality text not null default ''
    ) with (fillfactor = 70)
    """,
    """
    create table contact (
        registration_id uuid not null,
        contact_id uuid not null,
        wave_id uuid not null,
        municipality text not null,
        kind text not null,
        state text not null,
        at timestamptz not null,
        channel text not null,
        reason text not null,
        handed_over boolean not null,
        primary key (registration_id, contact_id)
    ) with (fillfactor = 70)
    """,
    """
    create table people_count (
        incident_id uuid not null,
        municipality text not null,
        bucket text not null,
        stages smallint not null,
        people bigint not null,
        primary key (incident_id, municipality, bucket, stages)
    ) with (fillfactor = 50)
    """,
    """
    create table contact_count (
        incident_id uuid not null,
        wave_id uuid not null,
        municipality text not null,
        kind text not null,
        channel text not null,
        state text not null,
        reason text not null,
        contacts bigint not null,
        primary key (incident_id, wave_id, municipality, kind, channel, state, reason)
    ) with (fillfactor = 50)
    """,
)


def upgrade() -> None:
    for statement in (*STATEMENTS, *_OWN):
        op.execute(statement)
