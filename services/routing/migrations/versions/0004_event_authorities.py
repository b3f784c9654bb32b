"""All event authorities of an incident, and whether it is an exercise: to tell which ones nobody knows."""

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

TABLES: tuple[str, ...] = (
    """
    alter table incident
        add column event_authorities text[] not null default '{}',
        add column exercise boolean not null default false
    """,
    "update incident set event_authorities = array[event_authority] where event_authority is not null",
    """
    update incident i set exercise = true
    where exists (select from standing s where s.incident_id = i.incident_id and s.exercise)
    """,
)


def upgrade() -> None:
    for statement in TABLES:
        op.execute(statement)
