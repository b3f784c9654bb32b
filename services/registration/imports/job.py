"""An import as a job: its row tells how far it has come; what it refuses is kept under its own key."""

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
from services.registration.imports.header import Header
from services.registration.imports.kept_file import KeptFile
from services.registration.imports.report import in_its_words
from services.registration.resources import Resources
from services.registration.store import imports
from services.registration.store.imports import Started, Told

BAD_KEPT: Final = 100_000  # bad rows told one by one and kept; the others are counted
HINTS_KEPT: Final = 1_000
BEAT_EVERY: Final = 2.0  # seconds
CELLS: Final = FieldSet("import_row")
NAME: Final = FieldSet("import_name")


class RefusedCells(Personal, frozen=True):
    """The cells of a row that was refused, as they stood in the file."""

    cells: tuple[str, ...]


class FileName(Personal, frozen=True):
    """A file may be called after the family in it."""

    name: str


class End(StrEnum):
    DONE = "done"
    FAILED = "failed"  # the file cannot be read: nothing was imported
    INTERRUPTED = "interrupted"  # importing it again adds what is missing


@dataclass(frozen=True, slots=True)
class Counts:
    registered: int = 0
    already_there: int = 0
    bad_rows: int = 0

    def __add__(self, other: "Counts") -> "Counts":
        return Counts(
            self.registered + other.registered,
            self.already_there + other.already_there,
            self.bad_rows + other.bad_rows,
        )


@dataclass(frozen=True, slots=True)
class Refused:
    line: int
    cells: tuple[str, ...]
    told: tuple[Told, ...]


class UsedIdError(ValueError):
    """The id chosen for the import is another's."""


class Job:
    def __init__(self, resources: Resources, started: Started, key: DataKey) -> None:
        self.id: ImportId = started.id
        self.dry_run = started.dry_run
        self.exercise = started.exercise
        self.counts = Counts()
        self._resources = resources
        self._key = key
        self._header: Header | None = None
        self._hints = 0
        self._beaten = time.monotonic()

    @classmethod
    async def begin(cls, resources: Resources, started: Started) -> "Job":
        """Raise UsedIdError."""
        key = (await resources.keyring.issue([started.id]))[started.id]
        name = key.seal(NAME, FileName(started.name)) if started.name else None
        async with resources.database.transaction() as session:
            if not await imports.insert_job(session, started, name):
                raise UsedIdError
        return cls(resources, started, key)

    def kept_file(self) -> KeptFile:
        return KeptFile(self._resources.database, self.id, self._key)

    async def begun(self, header: Header, hints: Sequence[Told]) -> None:
        """Write down what the header row says."""
        self._header = header
        columns = header.own(header.written)
        async with self._resources.database.transaction() as session:
            await imports.write_columns(session, self.id, columns)
            await imports.insert_told(session, self.id, hints)

    async def beat(self, bytes_read: int) -> None:
        """Show a sign of life, where the last one is some time ago."""
        if time.monotonic() - self._beaten < BEAT_EVERY:
            return
        self._beaten = time.monotonic()
        async with self._resources.database.transaction() as session:
            await imports.beat(session, self.id, bytes_read)

    async def write(
        self, session: Session, news: Counts, refused: Sequence[Refused], hints: Iterable[Told]
    ) -> None:
        """Write what became of some rows, in the transaction that made it so.

        `counts` follows the commit.
        """
        kept = refused[: max(0, BAD_KEPT - self.counts.bad_rows)]
        looked_at = list(hints)[: max(0, HINTS_KEPT - self._hints)]
        self._hints += len(looked_at)
        told = [flaw for row in kept for flaw in row.told]
        await imports.insert_told(session, self.id, map(self._in_its_words, (*told, *looked_at)))
        await imports.insert_bad_rows(session, self.id, [(row.line, self._seal(row.cells)) for row in kept])
        counts = self.counts + news
        await imports.write_progress(
            session, self.id,
            registered=counts.registered, already_there=counts.already_there, bad_rows=counts.bad_rows,
        )  # fmt: skip

    async def end(self, end: End, bytes_read: int, at: datetime, told: Iterable[Told] = ()) -> None:
        async with self._resources.database.transaction() as session:
            await imports.insert_told(session, self.id, told)
            await imports.end_job(session, self.id, end, bytes_read, at)

    def _in_its_words(self, told: Told) -> Told:
        return told if self._header is None else in_its_words(told, self._header)

    def _seal(self, cells: tuple[str, ...]) -> bytes:
        return self._key.seal(CELLS, RefusedCells(cells))
