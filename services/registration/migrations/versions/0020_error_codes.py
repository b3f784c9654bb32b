"""An import's errors are stored as codes with parameters. An earlier error keeps its text as the detail."""

from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("alter table import_flaw add column code text, add column params jsonb")
    op.execute("update import_flaw set code = 'invalid_value', params = jsonb_build_object('detail', reason)")
    op.execute(
        "alter table import_flaw alter column code set not null, alter column params set not null,"
        " drop column reason"
    )
