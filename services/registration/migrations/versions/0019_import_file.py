"""The file of a dry run is kept, sealed under the import's own key, until its good rows are imported."""

from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        """
        create table import_file (
            import_id uuid not null references import_job,
            seq integer not null,
            piece bytea not null,
            primary key (import_id, seq)
        )
        """
    )
    op.execute("drop table import_met")
