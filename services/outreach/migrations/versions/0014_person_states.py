"""Keep the newest state of each person, and beside it what was said on calls."""

from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        """
        alter table person
            drop column registered, drop column merged, drop column barred, drop column registration_stands,
            drop column contact_stands, drop column restated_at, drop column corrected_at,
            drop column do_not_contact_since, drop column restricted_since, drop column restricted_lifted,
            drop column merged_at, drop column unmerged_at,
            drop column registration_consent, drop column registration_given_at,
            drop column contact_consent,
            add column revision bigint not null default 0,
            add column registered boolean not null generated always as (revision > 0) stored,
            add column merged boolean not null generated always as (merged_into is not null) stored,
            add column restriction text,
            add column withdrawn_on_call_at timestamptz,
            add column declined_on_call_at timestamptz
        """
    )
    # Nobody may be contacted by a consent whose withdrawal was kept in a dropped column: a new state comes.
    op.execute("update person set registration_expires_at = null, contact_expires_at = null")
    op.execute(
        """
        alter table person add column barred text generated always as (coalesce(restriction,
            case when declined_on_call_at >= coalesce(do_not_contact_lifted, '-infinity'::timestamptz)
                then 'do_not_contact' end)) stored
        """
    )
