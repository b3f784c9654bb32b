"""People corrected, merged and barred."""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_BARRED = """
    case when restricted_since >= coalesce(restricted_lifted, '-infinity') then 'restricted'
        when do_not_contact_since >= coalesce(do_not_contact_lifted, '-infinity') then 'do_not_contact' end
"""

TABLES: tuple[str, ...] = (
    "alter table incident add reopened_at timestamptz",
    # times of facts, each the latest known: what holds follows from them, whatever came first
    f"""
    alter table person
        add corrected_at timestamptz,
        add rerouted_from timestamptz, -- routing's decisions before this are to be made again
        add preferred text,
        add registration_authorities text[] not null default '{{}}',
        add contact_authorities text[] not null default '{{}}',
        add restated_at timestamptz,
        add do_not_contact_since timestamptz,
        add do_not_contact_lifted timestamptz,
        add restricted_since timestamptz,
        add restricted_lifted timestamptz,
        add barred text generated always as ({_BARRED}) stored,
        add merged_into uuid,
        add merged_at timestamptz,
        add unmerged_at timestamptz,
        add merged boolean not null generated always as
            (coalesce(merged_at >= coalesce(unmerged_at, '-infinity'), false)) stored
    """,
    "create index person_merged on person (merged_into) where merged_into is not null",
)


def upgrade() -> None:
    for statement in TABLES:
        op.execute(statement)
