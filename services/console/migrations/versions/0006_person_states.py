"""Keep the newest state of each person, instead of the facts it was folded from."""

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        """
        alter table person
            drop column registered, drop column registration_given_at, drop column registration_withdrawn_at,
            drop column contact_given_at, drop column contact_withdrawn_at, drop column restated_at,
            drop column restated_registration, drop column restated_contact,
            drop column restated_registration_terms, drop column restated_contact_terms,
            drop column do_not_contact_since, drop column do_not_contact_lifted,
            drop column restricted_since, drop column restricted_lifted, drop column merged_at,
            drop column unmerged_at, drop column reach_at,
            add column revision bigint not null default 0,
            add column barred boolean not null default false,
            add column merged boolean not null default false
        """
    )
