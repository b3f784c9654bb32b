"""Keep the newest state of each person, instead of the facts it was folded from."""

from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        """
        alter table person
            drop column registered, drop column merged, drop column barred, drop column registration_stands,
            drop column contact_stands, drop column restated_at, drop column corrected_at,
            drop column do_not_contact_since, drop column do_not_contact_lifted,
            drop column restricted_since, drop column restricted_lifted, drop column unmerged_at,
            drop column registration_consent, drop column registration_given_at,
            drop column contact_consent, drop column contact_given_at,
            add column revision bigint not null default 0,
            add column registered boolean not null generated always as (revision > 0) stored,
            add column merged boolean not null generated always as (merged_into is not null) stored,
            add column barred text
        """
    )
