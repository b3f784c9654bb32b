"""One live call per person and incident, and every attempt kept, also of a call that changed meanwhile."""

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

TABLES: tuple[str, ...] = (
    # the registration that speaks for the person, where it is another than the call's own
    "alter table contact add person_id uuid",
    # a person with several calls on lists keeps one; the due loop decides about the others
    """
    update contact set state = 'waiting', claimed_by = null, lease_until = null, epoch = epoch + 1
    where contact_id in (
        select contact_id from (
            select contact_id, row_number() over (partition by incident_id, registration_id
                order by coalesce(lease_until > now(), false) desc, due_at, contact_id) as place
            from contact where kind = 'call' and state = 'listed') ranked
        where place > 1)
    """,
    """
    create unique index contact_live_call on contact (incident_id, coalesce(person_id, registration_id))
    where kind = 'call' and state = 'listed'
    """,
    """
    alter table call_attempt
        add attempt_id uuid not null default uuidv7(),
        add registration_id uuid,
        add told_at timestamptz,
        add unchanged text, -- why the call's state stayed as it was
        drop constraint call_attempt_pkey
    """,
    """
    update call_attempt a set registration_id = c.registration_id, told_at = a.at
    from contact c where c.contact_id = a.contact_id
    """,
    """
    alter table call_attempt alter registration_id set not null, alter told_at set not null,
        add primary key (attempt_id)
    """,
    "create index call_attempt_of_contact on call_attempt (contact_id)",
    "create index call_attempt_of_person on call_attempt (registration_id)",
)


def upgrade() -> None:
    for statement in TABLES:
        op.execute(statement)
