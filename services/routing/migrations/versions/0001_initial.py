"""Cases: one for each registered person. Decisions: every one that was ever taken."""

from alembic import op

from kit.database.schema import STATEMENTS

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_OWN = (
    "create table incident (incident_id uuid primary key)",
    # identity, contact and recipient are sealed; what was last decided stands here, all of it in decision
    """
    create table home_case (
        registration_id uuid primary key,
        incident_id uuid not null,
        exercise boolean not null,
        age_band text,
        identity bytea,
        contact bytea,
        state text not null default 'waiting' check (state in ('waiting', 'resolved', 'triage', 'forgotten')),
        due_at timestamptz not null default now(),
        epoch integer not null default 0,
        lease_until timestamptz,
        tries integer not null default 0,
        queue text,
        reason text,
        candidates text[] not null default '{}',
        since timestamptz,
        decided_on date,
        ruled text,
        contactability text,
        digital_post boolean,
        letter_allowed boolean not null default false,
        recipient bytea,
        check (state <> 'triage' or queue is not null),
        check (queue is null or (reason is not null and since is not null)),
        check (state <> 'forgotten'
            or (identity is null and contact is null and recipient is null and queue is null))
    ) with (fillfactor = 60)
    """,
    "create index home_case_due on home_case (incident_id, due_at) where state = 'waiting'",
    """
    create index home_case_decided on home_case (decided_on) where state in ('resolved', 'triage')
    """,
    "create index home_case_queued on home_case (incident_id, since) where queue is not null",
    "create index home_case_of_incident on home_case (incident_id)",
    """
    create table decision (
        seq bigint generated always as identity,
        registration_id uuid not null,
        on_date date not null,
        decided_at timestamptz not null,
        decided_by text,
        outcome text not null check (outcome in ('resolved', 'ambiguous', 'unknown', 'unreadable')),
        municipality text,
        region text,
        health_council text,
        acting text,
        reason text not null,
        note bytea,
        candidates text[] not null default '{}',
        doubts text[] not null default '{}',
        check ((outcome = 'resolved') = (municipality is not null))
    )
    """,
    "create index decision_of_person on decision (registration_id, seq)",
)


def upgrade() -> None:
    for statement in (*STATEMENTS, *_OWN):
        op.execute(statement)
