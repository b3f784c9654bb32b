"""Whom a limited consent may name, kept with each decision; every case tells its acting authority anew."""

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

TABLES: tuple[str, ...] = (
    "alter table decision add column covered_by text[] not null default '{}'",
    # what was told before names no acting authority: every decided case is decided, and told, once more
    """
    insert into reopening (reopening_id, asked_at, asked_by, why, decided_until)
    select gen_random_uuid(), now(), 'routing', 'tell the acting authority of every case', '9999-12-31'
    where exists (select from home_case where state in ('resolved', 'triage'))
    """,
)


def upgrade() -> None:
    for statement in TABLES:
        op.execute(statement)
