"""Import jobs: progress, errors and rejected rows."""

import json
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import select

from contracts.events.ids import ImportId, IncidentId, RegistrationId
from contracts.wire.errors import FieldError
from kit.database.database import Session
from kit.database.rows import select_list
from services.registration.store.tables import import_bad_row, import_job

SILENT: Final = (
    60  # seconds without a heartbeat, by the database's clock, until an import counts as interrupted
)
_STATE = f"""
case when j.state = 'running' and j.beat_at < now() - interval '{SILENT} seconds' then 'interrupted'
    else j.state end
"""


@dataclass(frozen=True, slots=True)
class ImportRow:
    import_id: ImportId
    incident_id: IncidentId
    exercise: bool
    started_by: str
    name: bytes | None = field(repr=False)  # sealed with the key of the import
    way: str
    dry_run: bool
    state: str
    columns: list[str] | None
    bytes_read: int
    rows: int
    registered: int
    already_there: int
    bad_rows: int
    started_at: datetime
    ended_at: datetime | None
    cells_deleted_at: datetime | None


_COMPUTED = {"import_id": "j.id", "exercise": "i.exercise", "state": _STATE}
_JOBS = f"""
select {select_list(ImportRow, import_job, "j", **_COMPUTED)}
from import_job j join incident i on i.id = j.incident_id
"""  # noqa: S608 - our own columns


@dataclass(frozen=True, slots=True)
class RejectedRows:
    """An import whose rejected rows are still stored."""

    id: ImportId
    columns: list[str] | None


@dataclass(frozen=True, slots=True)
class SealedCells:
    """A rejected row of a file."""

    line: int
    cells: bytes = field(repr=False)  # sealed with the key of the import


@dataclass(frozen=True, slots=True)
class StartedImport:
    id: ImportId
    incident_id: IncidentId
    by: str
    name: str | None = field(repr=False)
    way: str
    dry_run: bool
    at: datetime
    exercise: bool


@dataclass(frozen=True, slots=True)
class RowProblem:
    """An error of a row or, if `hint`, a warning."""

    line: int
    error: FieldError  # of a column
    hint: bool = False


@dataclass(frozen=True, slots=True)
class StoredBadRow:
    line: int
    cells: bytes = field(repr=False)  # sealed
    problems: list[list[str]]  # column, code and parameters of each

    @property
    def errors(self) -> list[FieldError]:
        return [_error(*one) for one in self.problems]


@dataclass(frozen=True, slots=True)
class _StoredProblem:
    line: int
    column_name: str
    code: str
    params: str


async def insert_job(session: Session, job: StartedImport, name: bytes | None) -> bool:
    """Insert a job. Return whether the id was free. `name`: the sealed name of the file."""
    return bool(
        await session.execute(
            "insert into import_job (id, incident_id, started_by, name, way, dry_run, state, started_at)"
            " values ($1, $2, $3, $4, $5, $6, 'running', $7) on conflict do nothing",
            job.id, job.incident_id, job.by, name, job.way, job.dry_run, job.at,
        )
    )  # fmt: skip


async def write_columns(session: Session, import_id: ImportId, columns: Sequence[str]) -> None:
    await session.execute("update import_job set columns = $2 where id = $1", import_id, columns)


async def beat(session: Session, import_id: ImportId, bytes_read: int) -> None:
    """Record a heartbeat. It also revives an import that was marked as interrupted."""
    await session.execute(
        "update import_job set bytes_read = $2, beat_at = now(), state = 'running', ended_at = null"
        " where id = $1",
        import_id, bytes_read,
    )  # fmt: skip


async def write_progress(
    session: Session, import_id: ImportId, *, registered: int, already_there: int, bad_rows: int
) -> None:
    await session.execute(
        "update import_job set registered = $2, already_there = $3, bad_rows = $4, rows = $5,"
        " beat_at = now(), state = 'running', ended_at = null where id = $1",
        import_id, registered, already_there, bad_rows, registered + already_there + bad_rows,
    )  # fmt: skip


async def end_job(session: Session, import_id: ImportId, state: str, bytes_read: int, at: datetime) -> None:
    await session.execute(
        "update import_job set state = $2, bytes_read = $3, ended_at = $4 where id = $1",
        import_id, state, bytes_read, at,
    )  # fmt: skip


async def mark_interrupted(session: Session) -> list[bool]:
    """Mark imports without a heartbeat as interrupted. Return for each whether it is an exercise."""
    return await session.fetchcolumn(
        """
        update import_job j set state = 'interrupted', ended_at = beat_at
        from incident i
        where i.id = j.incident_id and j.state = 'running'
            and j.beat_at < now() - $1 * interval '1 second'
        returning i.exercise
        """,
        SILENT,
    )


async def is_importing(session: Session, within: timedelta) -> bool:
    """Return whether an import, started at most this long ago, is registering people."""
    return bool(
        await session.fetchval(
            "select exists (select from import_job where state = 'running' and not dry_run"
            " and beat_at > now() - $1 * interval '1 second' and started_at > now() - $2::interval)",
            SILENT, within,
        )
    )  # fmt: skip


async def job(session: Session, import_id: ImportId) -> ImportRow | None:
    return await session.fetchrow(ImportRow, _JOBS + "where j.id = $1", import_id)


async def jobs(session: Session, incident_id: IncidentId) -> list[ImportRow]:
    """Return the jobs of an incident, newest first."""
    return await session.fetch(
        ImportRow, _JOBS + "where j.incident_id = $1 order by j.started_at desc, j.id desc", incident_id
    )


async def insert_told(session: Session, import_id: ImportId, told: Iterable[RowProblem]) -> None:
    await session.copy(
        "import_flaw",
        ("import_id", "line", "column_name", "code", "params", "hint"),
        [
            (
                import_id,
                one.line,
                one.error.field,
                one.error.code,
                json.dumps(dict(one.error.params)),
                one.hint,
            )
            for one in told
        ],
    )


async def told(session: Session, import_id: ImportId, limit: int, *, hints: bool) -> list[RowProblem]:
    rows = await session.fetch(
        _StoredProblem,
        "select line, column_name, code, params::text as params"
        " from import_flaw where import_id = $1 and hint = $2 order by line, seq limit $3",
        import_id, hints, limit,
    )  # fmt: skip
    return [RowProblem(row.line, _error(row.column_name, row.code, row.params), hints) for row in rows]


def _error(column: str, code: str, params: str) -> FieldError:
    return FieldError.of_document({"field": column, "code": code, "params": json.loads(params)})


async def insert_bad_rows(session: Session, import_id: ImportId, rows: Iterable[tuple[int, bytes]]) -> None:
    await session.copy("import_bad_row", ("import_id", "line", "cells"), [(import_id, *row) for row in rows])


async def bad_rows(session: Session, import_id: ImportId, after: int, limit: int) -> list[StoredBadRow]:
    """Return the next rejected rows after a line, each with its errors in file order."""
    return await session.fetch(
        StoredBadRow,
        """
        select r.line, r.cells,
            array(select array[f.column_name, f.code, f.params::text] from import_flaw f
                where f.import_id = r.import_id and f.line = r.line and not f.hint order by f.seq) as problems
        from import_bad_row r where r.import_id = $1 and r.line > $2 order by r.line limit $3
        """,
        import_id, after, limit,
    )  # fmt: skip


async def kept_bad_rows(session: Session, import_id: ImportId) -> int:
    return int(await session.fetchval("select count(*) from import_bad_row where import_id = $1", import_id))


async def with_bad_rows(session: Session, incident_id: IncidentId) -> list[RejectedRows]:
    return await session.fetch(
        RejectedRows,
        "select id, columns from import_job where incident_id = $1 and cells_deleted_at is null"
        " and exists (select from import_bad_row where import_id = id) order by id",
        incident_id,
    )  # fmt: skip


async def rejected_rows(session: Session, import_id: ImportId, after: int, limit: int) -> list[SealedCells]:
    row = import_bad_row.c
    return await session.fetch(
        SealedCells,
        select(row.line, row.cells)
        .where(row.import_id == import_id, row.line > after)
        .order_by(row.line)
        .limit(limit),
    )


async def delete_bad_rows(session: Session, import_id: ImportId, lines: Sequence[int]) -> int:
    return await session.execute(
        "delete from import_bad_row where import_id = $1 and line = any($2::integer[])",
        import_id, list(lines),
    )  # fmt: skip


async def with_old_cells(session: Session, before: datetime, limit: int) -> list[ImportId]:
    """Return the imports that started before a time and still have rejected rows."""
    return await session.fetchcolumn(
        "select id from import_job where cells_deleted_at is null and started_at < $1"
        " order by started_at limit $2",
        before, limit,
    )  # fmt: skip


async def delete_cells(session: Session, import_ids: Sequence[ImportId]) -> None:
    await session.execute("delete from import_bad_row where import_id = any($1::uuid[])", import_ids)
    await delete_files(session, import_ids)
    await session.execute(
        "update import_job set cells_deleted_at = now() where id = any($1::uuid[])", import_ids
    )


async def begin_file(session: Session, import_id: ImportId, piece: bytes) -> None:
    await session.execute(
        "insert into import_file (import_id, seq, piece) values ($1, 0, $2)", import_id, piece
    )


async def insert_piece(session: Session, import_id: ImportId, seq: int, piece: bytes) -> None:
    """Add a piece unless the file was deleted since it was started."""
    await session.execute(
        "insert into import_file (import_id, seq, piece) select $1, $2::integer, $3::bytea from import_file"
        " where import_id = $1 and seq = 0 for key share",
        import_id, seq, piece,
    )  # fmt: skip


async def end_file(session: Session, import_id: ImportId, piece: bytes) -> None:
    await session.execute(
        "update import_file set piece = $2 where import_id = $1 and seq = 0", import_id, piece
    )


async def piece(session: Session, import_id: ImportId, seq: int) -> bytes | None:
    found: bytes | None = await session.fetchval(
        "select piece from import_file where import_id = $1 and seq = $2", import_id, seq
    )
    return found


async def is_file_kept(session: Session, import_id: ImportId) -> bool:
    return bool(
        await session.fetchval("select exists (select from import_file where import_id = $1)", import_id)
    )


async def delete_files(session: Session, import_ids: Sequence[ImportId]) -> None:
    """Lock the first pieces before deletion: a concurrent insert waits and then finds no file."""
    await session.execute(
        "select from import_file where import_id = any($1::uuid[]) and seq = 0 order by import_id for update",
        import_ids,
    )
    await session.execute("delete from import_file where import_id = any($1::uuid[])", import_ids)


async def delete_files_of(session: Session, incident_id: IncidentId) -> None:
    files = await session.fetchcolumn(
        "select f.import_id from import_file f join import_job j on j.id = f.import_id"
        " where j.incident_id = $1 and f.seq = 0",
        incident_id,
    )
    await delete_files(session, files)


async def owners(
    session: Session, incident_id: IncidentId, values: Collection[bytes]
) -> dict[bytes, RegistrationId]:
    """Return the person of the incident who holds each identity value."""
    return await session.fetchpairs(
        "select c.digest, coalesce(r.repeat_of, r.id)"
        " from identity_claim c join registration r on r.id = c.registration_id"
        " where c.incident_id = $1 and c.digest = any($2::bytea[]) and r.forgotten_at is null",
        incident_id, list(values),
    )  # fmt: skip
