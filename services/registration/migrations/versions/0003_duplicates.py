"""Proposals that two registrations are one person, merges and their undoing."""

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

TABLES: tuple[str, ...] = (
    # within: whom a registration belonged to before repeat_of was pointed at the one that speaks for all.
    """
    alter table registration
        add column within uuid references registration,
        add column compared_at timestamptz
    """,
    """
    create index registration_compare on registration (id)
    where compared_at is null and forgotten_at is null
    """,
    """
    create function compare_again() returns trigger language plpgsql as
    $$ begin new.compared_at := null; return new; end $$
    """,
    """
    create trigger compare_again before update of identity, contact on registration for each row
    when (old.identity is distinct from new.identity or old.contact is distinct from new.contact)
    execute function compare_again()
    """,
    # Whose trail an entry belongs to: a repeat's consents are the repeat's, and go with it.
    """
    create index consent_entry_source on consent_entry
    ((case when kind = 'given' then key_of else registration_id end))
    """,
    """
    create table duplicate (
        id uuid primary key,
        incident_id uuid not null references incident,
        one uuid not null references registration,
        other uuid not null references registration,
        score real not null check (score between 0 and 1),
        reasons text[] not null,
        state text not null default 'open'
            check (state in ('open', 'suggested', 'merged', 'dismissed', 'undone')),
        found_at timestamptz not null,
        suggested_by text,
        check (one < other),
        check (state <> 'suggested' or suggested_by is not null),
        unique (one, other)
    )
    """,
    "create index duplicate_incident on duplicate (incident_id, state, score desc, id)",
    "create index duplicate_other on duplicate (other)",
    # Every step a person took; why may name somebody: it is sealed under the key of duplicate.one.
    """
    create table duplicate_step (
        id uuid primary key,
        duplicate_id uuid not null references duplicate,
        step text not null check (step in ('suggested', 'merged', 'dismissed', 'undone')),
        at timestamptz not null,
        by text not null,
        why bytea
    )
    """,
    "create index duplicate_step_duplicate on duplicate_step (duplicate_id)",
    # gained: what the one that stays took over from the one merged away, sealed under its key.
    """
    create table merge (
        id uuid primary key,
        duplicate_id uuid not null references duplicate,
        away uuid not null references registration,
        into_id uuid not null references registration,
        merged_at timestamptz not null,
        gained bytea not null,
        undone_at timestamptz
    )
    """,
    "create unique index merge_away on merge (away) where undone_at is null",
    "create index merge_into on merge (into_id) where undone_at is null",
)


def upgrade() -> None:
    for statement in TABLES:
        op.execute(statement)
