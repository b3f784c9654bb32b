"""What consents allow, which channels are open, and whose consents have ended."""

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

TABLES: tuple[str, ...] = (
    # empty in what was heard of before: not known, so nothing follows from it
    """
    alter table person
        add registration_terms text not null default '',
        add contact_terms text not null default '',
        add restated_registration_terms text not null default '',
        add restated_contact_terms text not null default '',
        add reach_at timestamptz,
        add possible text not null default '',
        add is_child boolean not null default false,
        add covered_by text not null default '',
        add closed text not null default '',
        add suppressed boolean not null default false,
        add unaddressed boolean not null default false,
        add expires_at timestamptz,
        add lapsed_for timestamptz
    """,
    """
    create index person_expiring on person (expires_at)
    where lapsed_for is null or lapsed_for < expires_at
    """,
    "create index person_lapsed on person (lapsed_for) where lapsed_for is not null",
)


def upgrade() -> None:
    for statement in TABLES:
        op.execute(statement)
