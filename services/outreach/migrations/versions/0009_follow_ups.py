"""What came of calls and somebody must still see to: open until it is closed with a reason."""

from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

TABLES: tuple[str, ...] = (
    """
    create table follow_up (
        follow_up_id uuid primary key default uuidv7(),
        attempt_id uuid not null unique,
        contact_id uuid not null,
        registration_id uuid not null,
        reason text not null check (reason in ('wants_help', 'wrong_number', 'kept')),
        closed_at timestamptz,
        closed_by text,
        closed_why bytea, -- personal.Note, sealed
        check ((closed_at is null) = (closed_by is null))
    )
    """,
    "create index follow_up_open on follow_up (registration_id) where closed_at is null",
    "create index follow_up_of_person on follow_up (registration_id)",
    # those told before there was a list
    """
    insert into follow_up (attempt_id, contact_id, registration_id, reason)
    select attempt_id, contact_id, registration_id,
        case when outcome in ('wants_help', 'wrong_number') then outcome else 'kept' end
    from call_attempt where outcome in ('wants_help', 'wrong_number') or unchanged is not null
    """,
)


def upgrade() -> None:
    for statement in TABLES:
        op.execute(statement)
