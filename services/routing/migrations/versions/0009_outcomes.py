"""A person may close a case, or let the authority where it happened follow up."""

from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

TABLES: tuple[str, ...] = (
    "alter table home_case drop constraint home_case_state_check",
    """
    alter table home_case add constraint home_case_state_check
        check (state in ('waiting', 'resolved', 'triage', 'closed', 'merged', 'forgotten')) not valid
    """,
    # whether `ruled` is where it happened: then it needs to be no municipality
    "alter table home_case add column ruled_event boolean not null default false",
    "alter table decision drop constraint decision_outcome_check",
    """
    alter table decision add constraint decision_outcome_check
        check (outcome in ('resolved', 'ambiguous', 'unknown', 'unreadable', 'closed')) not valid
    """,
)


def upgrade() -> None:
    for statement in TABLES:
        op.execute(statement)
