"""Where other people's records speak of somebody who was forgotten: no name, only which records."""

from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

TABLES: tuple[str, ...] = (
    """
    create table mention (
        registration_id uuid not null references registration,
        in_registration uuid not null references registration,
        place text not null,
        primary key (registration_id, in_registration, place)
    )
    """,
    "create index mention_in on mention (in_registration)",
    """
    create table mention_search (
        registration_id uuid primary key references registration,
        searched integer not null,
        people integer not null,
        at timestamptz not null
    )
    """,
)


def upgrade() -> None:
    for statement in TABLES:
        op.execute(statement)
