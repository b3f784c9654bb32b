"""Who acts for a person and for a contact, and whom a limited consent may name."""

from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

TABLES: tuple[str, ...] = (
    # null or empty: told before routing named who acts; then it is the municipality
    "alter table person add acting text, add covered_by text[] not null default '{}'",
    "alter table contact add authority text",
    """
    create index contact_listed_of on contact (coalesce(authority, municipality), due_at)
    where state = 'listed'
    """,
    "drop index contact_listed",
    # every authority that routing has named: the lists there are
    "create table authority (authority text primary key)",
    "insert into authority select distinct municipality from person where municipality is not null",
)


def upgrade() -> None:
    for statement in TABLES:
        op.execute(statement)
