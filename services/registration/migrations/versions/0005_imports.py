"""Imports as jobs: progress, flaws, and the rows that were refused."""

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

TABLES: tuple[str, ...] = (
    # One import of one file. beat_at is a lease by the database's clock: see store/imports.py.
    """
    create table import_job (
        id uuid primary key,
        incident_id uuid not null references incident,
        started_by text not null,
        name text,
        way text not null check (way in ('csv', 'xlsx')),
        dry_run boolean not null,
        state text not null check (state in ('running', 'done', 'failed', 'interrupted')),
        columns text[],
        bytes_read bigint not null default 0,
        rows integer not null default 0,
        registered integer not null default 0,
        already_there integer not null default 0,
        bad_rows integer not null default 0,
        started_at timestamptz not null,
        ended_at timestamptz,
        beat_at timestamptz not null default now(),
        cells_deleted_at timestamptz
    )
    """,
    "create index import_job_incident on import_job (incident_id)",
    "create index import_job_running on import_job (beat_at) where state = 'running'",
    "create index import_job_cells on import_job (started_at) where cells_deleted_at is null",
    # Neither column nor reason quotes the file.
    """
    create table import_flaw (
        seq bigint generated always as identity,
        import_id uuid not null references import_job,
        line integer not null,
        column_name text not null,
        reason text not null,
        hint boolean not null
    )
    """,
    "create index import_flaw_line on import_flaw (import_id, line)",
    # The cells of the rows refused, under the import's own key, until they are corrected or too old.
    """
    create table import_bad_row (
        import_id uuid not null references import_job,
        line integer not null,
        cells bytea not null,
        primary key (import_id, line)
    )
    """,
    # What a dry run has met: keyed digests, as in intake and identity_claim. Emptied at its end.
    """
    create table import_met (
        import_id uuid not null references import_job,
        digest bytea not null,
        body bytea,
        primary key (import_id, digest)
    )
    """,
)


def upgrade() -> None:
    for statement in TABLES:
        op.execute(statement)
