"""Import people from a file as a job: progress, errors, and rejected rows to correct."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Request
from fastapi.responses import StreamingResponse
from starlette.requests import ClientDisconnect

from contracts.events.audit import BadRowsSeen
from contracts.events.ids import ImportId, IncidentId
from contracts.wire.error_codes import ErrorCode
from contracts.wire.errors import FieldError
from kit.database import outbox
from kit.database.database import Session
from kit.http.web import Problem, WithCaller
from kit.privacy.sealing import DataKey
from kit.runtime.ids import new_id
from kit.runtime.metrics import exercise
from services.registration import metrics
from services.registration.api.dependencies import Dependencies, WithDependencies, unknown_incident
from services.registration.api.import_headers import (
    ConsentHeader,
    FileNameHeader,
    file_name_of,
    statement_of,
)
from services.registration.imports.batch_writer import BatchWriter
from services.registration.imports.csv_file import read_csv
from services.registration.imports.header import HeaderError
from services.registration.imports.job import (
    FILE_NAME,
    FileName,
    FinalState,
    ImportIdTakenError,
    ImportJob,
)
from services.registration.imports.kept_file import FileDeletedError, KeptFile, ReadOptions
from services.registration.imports.pipeline import ImportPipeline
from services.registration.imports.rejected_rows_file import rejected_rows_csv
from services.registration.imports.report import ReportLanguage
from services.registration.imports.row_parser import RowParser
from services.registration.imports.upload import FileFormat, UploadedFile
from services.registration.imports.xlsx_file import WorkbookTooLargeError, read_xlsx
from services.registration.store import imports, incidents
from services.registration.store.imports import ImportRow, RowProblem, StartedImport

router = APIRouter(tags=["imports"])
BAD_TOLD = 10_000  # errors in one answer; the file of bad rows has all of them
HINTS_TOLD = 1_000
_GONE = RowProblem(1, FieldError("", ErrorCode.FILE_DELETED))
_WORKBOOK_TOO_LARGE = FieldError("", ErrorCode.FILE_TOO_LARGE)


@router.post("/incidents/{incident_id}/imports")
async def import_file(
    incident_id: IncidentId,
    request: Request,
    caller: WithCaller,
    deps: WithDependencies,
    *,
    dry_run: bool = False,
    name: FileNameHeader = None,
    consent: ConsentHeader = None,
    sheet: Annotated[str | None, Query(max_length=100)] = None,
    import_id: Annotated[UUID | None, Query(description="Chosen by the client to follow the import")] = None,
) -> dict[str, Any]:
    """Import a streamed CSV file or a sheet of an Excel workbook. Valid rows are imported, others reported.

    A dry run validates everything and registers nobody.
    """
    statement = statement_of(consent)
    async with deps.resources.database.transaction() as session:
        incident = await incidents.incident(session, incident_id)
    if incident is None:
        raise unknown_incident()
    upload = UploadedFile(aiter(request.stream()))
    try:
        way = await upload.detect_format()
    except ClientDisconnect:
        raise _broken_off() from None
    started = StartedImport(
        ImportId(import_id or new_id()),
        incident_id,
        caller.name,
        file_name_of(name),
        way,
        dry_run,
        deps.clock.now(),
        incident.exercise,
    )
    try:
        job = await ImportJob.start(deps.resources, started)
    except ImportIdTakenError:
        raise _used_id() from None
    await _run(deps, job, started, upload, ReadOptions(sheet, dict(statement.stated)))
    async with deps.resources.database.transaction() as session:
        return await _document(session, _known(await imports.job(session, job.id)), started.name)


async def _run(
    deps: Dependencies, job: ImportJob, started: StartedImport, upload: UploadedFile, options: ReadOptions
) -> None:
    """Run the import and record how it ended. If the process dies, the missing heartbeat shows it."""
    pieces = upload.pieces(job.send_heartbeat)
    if job.dry_run:
        pieces = job.kept_file().keep(options, pieces)
    if started.way == FileFormat.XLSX:
        records = read_xlsx(pieces, options.sheet, deps.import_largest_bytes)
    else:
        records = read_csv(pieces)
    parser = RowParser(
        deps.resources.blind_index,
        started.incident_id,
        by=started.by,
        now=started.at,
        statement=options.statement,
    )
    writer = BatchWriter(deps.resources, started.incident_id, job, by=started.by, now=started.at)
    end, told = FinalState.INTERRUPTED, list[RowProblem]()
    try:
        await ImportPipeline(job, parser, writer, batch=deps.import_batch).run(records)
        end = FinalState.DONE
    except HeaderError as error:
        end, told = FinalState.FAILED, [RowProblem(1, one) for one in error.errors]
        raise _bad_header(error, job.counts.registered) from error
    except WorkbookTooLargeError as error:
        end, told = FinalState.FAILED, [RowProblem(1, _WORKBOOK_TOO_LARGE)]
        raise _too_large(error) from error
    except ClientDisconnect:
        raise _broken_off() from None
    except FileDeletedError:
        told = [_GONE]
        raise _file_not_kept() from None
    finally:
        metrics.IMPORTS.labels(end, exercise(started.exercise)).inc()
        await job.finish(end, upload.bytes_read(), deps.clock.now(), told)
        if end is not FinalState.DONE:
            await job.kept_file().delete()


@router.post("/imports/{import_id}/good-rows")
async def import_good_rows(
    import_id: ImportId,
    caller: WithCaller,
    deps: WithDependencies,
    new_import_id: Annotated[
        UUID | None, Query(description="Chosen by the client to follow the import")
    ] = None,
) -> dict[str, Any]:
    """Import the valid rows of a file that was checked in a dry run, read in the same way."""
    keys = await deps.resources.keyring.read([import_id])
    async with deps.resources.database.transaction() as session:
        tried = _known(await imports.job(session, import_id))
    kept = KeptFile(deps.resources.database, import_id, keys[import_id]) if import_id in keys else None
    options = await kept.read_options() if kept else None
    if kept is None or options is None or not tried.dry_run:
        raise _file_not_kept()
    upload = UploadedFile(kept.pieces(options))
    try:
        way = await upload.detect_format()
    except FileDeletedError:
        raise _file_not_kept() from None
    started = StartedImport(
        ImportId(new_import_id or new_id()), tried.incident_id, caller.name,
        _name(tried, keys[import_id]), way, False, deps.clock.now(),  # noqa: FBT003
        tried.exercise,
    )  # fmt: skip
    try:
        job = await ImportJob.start(deps.resources, started)
    except ImportIdTakenError:
        raise _used_id() from None
    await _run(deps, job, started, upload, options)
    await kept.delete()
    async with deps.resources.database.transaction() as session:
        return await _document(session, _known(await imports.job(session, job.id)), started.name)


@router.get("/incidents/{incident_id}/imports")
async def listed(
    incident_id: IncidentId, _caller: WithCaller, deps: WithDependencies
) -> list[dict[str, Any]]:
    """List the imports of an incident, newest first."""
    async with deps.resources.database.transaction() as session:
        if await incidents.incident(session, incident_id) is None:
            raise unknown_incident()
        rows = await imports.jobs(session, incident_id)
    keys = await deps.resources.keyring.read([row.import_id for row in rows])
    return [_summary(row, _name(row, keys.get(row.import_id))) for row in rows]


@router.get("/imports/{import_id}")
async def show(import_id: ImportId, _caller: WithCaller, deps: WithDependencies) -> dict[str, Any]:
    """Show the progress of an import and the errors of its rows."""
    keys = await deps.resources.keyring.read([import_id])
    async with deps.resources.database.transaction() as session:
        job = _known(await imports.job(session, import_id))
        return await _document(session, job, _name(job, keys.get(import_id)))


@router.get("/imports/{import_id}/bad-rows.csv")
async def bad_rows(import_id: ImportId, caller: WithCaller, deps: WithDependencies) -> StreamingResponse:
    """Return the rejected rows with line and reason as a file that can be corrected and imported.

    The access is recorded before the rows are sent.
    """
    keys = await deps.resources.keyring.read([import_id])
    async with deps.resources.database.transaction() as session:
        job = _known(await imports.job(session, import_id))
        count = await imports.kept_bad_rows(session, import_id)
        if import_id not in keys or job.cells_deleted_at is not None:
            raise _no_longer_kept()
        seen = BadRowsSeen(
            incident_id=job.incident_id,
            exercise=job.exercise,
            import_id=import_id,
            actor=caller.name,
            rows=count,
            seen_at=deps.clock.now(),
        )
        await outbox.emit(session, [seen])
    return StreamingResponse(
        rejected_rows_csv(deps.resources.database, job, keys[import_id]),
        media_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="bad-rows-{import_id}.csv"'},
    )


def _name(job: ImportRow, key: DataKey | None) -> str | None:
    """Return the name of the file. It is deleted with the rejected rows."""
    return key.open(FILE_NAME, job.name, FileName).name if key and job.name else None


async def _document(session: Session, job: ImportRow, name: str | None) -> dict[str, Any]:
    import_id, language = job.import_id, ReportLanguage.from_headings(job.columns or ())
    bad = await imports.told(session, import_id, BAD_TOLD, hints=False)
    hints = await imports.told(session, import_id, HINTS_TOLD, hints=True)
    return {
        **_summary(job, name),
        "bad": [_told(one, language) for one in bad],
        "hints": [_told(one, language) for one in hints],
        "file_kept": await imports.is_file_kept(session, import_id),
        "bad_rows_kept": await imports.kept_bad_rows(session, import_id),
    }


def _told(one: RowProblem, language: ReportLanguage) -> dict[str, Any]:
    """Return an error as JSON. `said`: the text in the language of the file."""
    document = one.error.document()
    return {
        "line": one.line,
        "column": document.pop("field"),
        **document,
        "said": language.error_text(one.error),
    }


def _summary(job: ImportRow, name: str | None) -> dict[str, Any]:
    return {**{told: getattr(job, told) for told in _SUMMARY}, "name": name, "by": job.started_by}


_SUMMARY = (
    "import_id", "incident_id", "exercise", "state", "dry_run", "way", "bytes_read", "rows",
    "registered", "already_there", "bad_rows", "started_at", "ended_at",
)  # fmt: skip


def _known(job: ImportRow | None) -> ImportRow:
    if job is None:
        raise Problem(
            404,
            "There is no such import.",
            errors=[FieldError("import_id", ErrorCode.UNKNOWN)],
            code="no-import",
        )
    return job


def _bad_header(error: HeaderError, registered: int) -> Problem:
    done = f"{registered} people were registered before." if registered else "Nothing was imported."
    return Problem(422, f"The header row is not right. {done}", errors=error.errors, code="bad-header")


def _too_large(error: WorkbookTooLargeError) -> Problem:
    return Problem(
        413,
        f"A workbook may have {error.bytes:,} bytes. Nothing was imported: save the sheet as CSV UTF-8.",
        errors=[_WORKBOOK_TOO_LARGE],
        code="too-large",
    )


def _broken_off() -> Problem:
    return Problem(
        400, "The file ended before it was whole. Send it again: nothing is added twice.", code="cut"
    )


def _used_id() -> Problem:
    return Problem(
        409,
        "There is an import with this id.",
        errors=[FieldError("import_id", ErrorCode.IMPORT_ID_USED)],
        code="id-used",
    )


def _file_not_kept() -> Problem:
    return Problem(
        410,
        "The file is no longer kept. Send it again, without a dry run.",
        errors=[FieldError("import_id", ErrorCode.IMPORT_FILE_DELETED)],
        code="file-deleted",
    )


def _no_longer_kept() -> Problem:
    return Problem(
        410,
        "The rows refused are no longer kept. Correct them in your own file, and import it again.",
        errors=[FieldError("import_id", ErrorCode.IMPORT_ROWS_DELETED)],
        code="rows-deleted",
    )
