"""The job of an import: its row records the progress. Rejected rows are encrypted with the job's own key."""

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from contracts.events.ids import ImportId
from contracts.wire.sealed import FieldSet, Personal
from kit.database.database import Session
from kit.privacy.sealing import DataKey
from services.registration.imports.header import FileHeader
from services.registration.imports.kept_file import KeptFile
from services.registration.imports.report import use_file_terms
from services.registration.resources import Resources
from services.registration.store import imports
from services.registration.store.imports import RowProblem, StartedImport

MAX_REJECTED_ROWS: Final = 100_000  # rejected rows stored per import; the others are only counted
MAX_HINTS: Final = 1_000
HEARTBEAT_INTERVAL: Final = 2.0  # seconds
REJECTED_CELLS: Final = FieldSet("import_row")
FILE_NAME: Final = FieldSet("import_name")


class RejectedCells(Personal, frozen=True):
    """The cells of a rejected row, unchanged."""

    cells: tuple[str, ...]


class FileName(Personal, frozen=True):
    """The file's name. It may contain the name of a family."""

    name: str


class FinalState(StrEnum):
    DONE = "done"
    FAILED = "failed"  # the file cannot be read: nothing was imported
    INTERRUPTED = "interrupted"  # importing the file again adds the missing rows


@dataclass(frozen=True, slots=True)
class RowCounts:
    registered: int = 0
    already_there: int = 0
    bad_rows: int = 0

    def __add__(self, other: "RowCounts") -> "RowCounts":
        return RowCounts(
            self.registered + other.registered,
            self.already_there + other.already_there,
            self.bad_rows + other.bad_rows,
        )


@dataclass(frozen=True, slots=True)
class RejectedRow:
    line: int
    cells: tuple[str, ...]
    problems: tuple[RowProblem, ...]


class ImportIdTakenError(ValueError):
    """Another import has the chosen id."""


class ImportJob:
    def __init__(self, resources: Resources, started: StartedImport, key: DataKey) -> None:
        self.id: ImportId = started.id
        self.dry_run = started.dry_run
        self.exercise = started.exercise
        self.counts = RowCounts()
        self._resources = resources
        self._key = key
        self._header: FileHeader | None = None
        self._hints = 0
        self._last_heartbeat = time.monotonic()

    @classmethod
    async def start(cls, resources: Resources, started: StartedImport) -> "ImportJob":
        """Insert the job. Raise ImportIdTakenError."""
        key = (await resources.keyring.issue([started.id]))[started.id]
        name = key.seal(FILE_NAME, FileName(started.name)) if started.name else None
        async with resources.database.transaction() as session:
            if not await imports.insert_job(session, started, name):
                raise ImportIdTakenError
        return cls(resources, started, key)

    def kept_file(self) -> KeptFile:
        return KeptFile(self._resources.database, self.id, self._key)

    async def record_header(self, header: FileHeader, hints: Sequence[RowProblem]) -> None:
        """Store the columns and the hints of the header row."""
        self._header = header
        columns = header.own_cells(header.written)
        async with self._resources.database.transaction() as session:
            await imports.write_columns(session, self.id, columns)
            await imports.insert_told(session, self.id, hints)

    async def send_heartbeat(self, bytes_read: int) -> None:
        """Store the progress, at most once per HEARTBEAT_INTERVAL."""
        if time.monotonic() - self._last_heartbeat < HEARTBEAT_INTERVAL:
            return
        self._last_heartbeat = time.monotonic()
        async with self._resources.database.transaction() as session:
            await imports.beat(session, self.id, bytes_read)

    async def write_results(
        self,
        session: Session,
        new_counts: RowCounts,
        rejected: Sequence[RejectedRow],
        hints: Iterable[RowProblem],
    ) -> None:
        """Store the outcome of a batch in the transaction that registers it.

        The caller adds to `counts` after the commit.
        """
        kept = rejected[: max(0, MAX_REJECTED_ROWS - self.counts.bad_rows)]
        kept_hints = list(hints)[: max(0, MAX_HINTS - self._hints)]
        self._hints += len(kept_hints)
        problems = [problem for row in kept for problem in row.problems]
        await imports.insert_told(session, self.id, map(self._use_file_terms, (*problems, *kept_hints)))
        await imports.insert_bad_rows(session, self.id, [(row.line, self._seal(row.cells)) for row in kept])
        counts = self.counts + new_counts
        await imports.write_progress(
            session, self.id,
            registered=counts.registered, already_there=counts.already_there, bad_rows=counts.bad_rows,
        )  # fmt: skip

    async def finish(
        self, end: FinalState, bytes_read: int, at: datetime, problems: Iterable[RowProblem] = ()
    ) -> None:
        async with self._resources.database.transaction() as session:
            await imports.insert_told(session, self.id, problems)
            await imports.end_job(session, self.id, end, bytes_read, at)

    def _use_file_terms(self, problem: RowProblem) -> RowProblem:
        return problem if self._header is None else use_file_terms(problem, self._header)

    def _seal(self, cells: tuple[str, ...]) -> bytes:
        return self._key.seal(REJECTED_CELLS, RejectedCells(cells))
