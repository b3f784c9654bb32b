"""People merged and barred; handovers."""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

TABLES: tuple[str, ...] = (
    "alter table incident add corrected_at timestamptz",
    "alter table incident_closing alter closed_at drop not null, add reopened_at timestamptz",
    """
    alter table person
        add restated_at timestamptz,
        add restated_registration boolean not null default false,
        add restated_contact boolean not null default false,
        add do_not_contact_since timestamptz,
        add do_not_contact_lifted timestamptz,
        add restricted_since timestamptz,
        add restricted_lifted timestamptz,
        add merged_at timestamptz,
        add unmerged_at timestamptz
    """,
)


def upgrade() -> None:
    for statement in TABLES:
        op.execute(statement)
