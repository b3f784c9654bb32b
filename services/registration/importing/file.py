"""Imports one file as it streams in: memory is two batches, whatever the length of the file.

One is read and checked while the one before is registered; they are registered in the order of the file.
"""

import asyncio
from collections.abc import AsyncIterable
from dataclasses import dataclass, field
from datetime import datetime

from contracts.ids import IncidentId
from services.registration import metrics
from services.registration.domain import person
from services.registration.domain.person import CLOSED, NewPerson
from services.registration.domain.text import Flaw
from services.registration.importing.columns import Header, HeaderError, Row, column_of, read_header, read_row
from services.registration.importing.records import LONGEST_BYTES, RawRecord, Splitter
from services.registration.registering import Arrival, Desk, Outcome, Result, register_many

BAD_TOLD = 10_000  # bad rows told one by one; the others are counted


@dataclass(frozen=True, slots=True)
class Bad:
    line: int
    column: str
    reason: str


@dataclass(slots=True)
class Report:
    rows: int = 0
    registered: int = 0
    already_there: int = 0
    bad_rows: int = 0
    bad: list[Bad] = field(default_factory=list)  # one for each flaw: a row may have several


@dataclass(frozen=True, slots=True)
class _Read:
    line: int
    arrival: Arrival


class Import:
    """Raises HeaderError and UnknownIncident; what was registered before stays, a repeat adds nothing."""

    def __init__(self, desk: Desk, incident_id: IncidentId, *, by: str, now: datetime, batch: int) -> None:
        self.report = Report()
        self._desk = desk
        self._incident_id = incident_id
        self._by = by
        self._now = now
        self._batch = batch
        self._splitter = Splitter()
        self._header: Header | None = None
        self._waiting: list[_Read] = []
        self._registering: asyncio.Task[None] | None = None

    async def run(self, body: AsyncIterable[bytes]) -> Report:
        try:
            await self._run(body)
        finally:
            await self._registered()
        if self._header is None:
            raise HeaderError([("", "the file is empty: its first row must name the columns")])
        return self.report

    async def _run(self, body: AsyncIterable[bytes]) -> None:
        async for piece in body:
            for record in self._splitter.feed(piece):
                await self._take(record)
        for record in self._splitter.end():
            await self._take(record)
        await self._register_waiting()

    async def _take(self, record: RawRecord) -> None:
        if not record.text.strip() and record.whole:
            return
        if self._header is None:
            self._header = read_header(_header_text(record))
            self._splitter.delimiter = ord(self._header.delimiter)
            return
        self.report.rows += 1
        arrival = self._read(record, self._header)
        if isinstance(arrival, Arrival):
            self._waiting.append(_Read(record.line, arrival))
            if len(self._waiting) == self._batch:
                await self._register_waiting()
        else:
            self._bad(record.line, arrival)

    def _read(self, record: RawRecord, header: Header) -> Arrival | list[Flaw]:
        if not record.whole:
            return [_not_whole(record)]
        try:
            text = record.text.decode()
        except UnicodeDecodeError:
            return [Flaw("", "is not UTF-8: save the file as CSV UTF-8 and import it again")]
        row = read_row(text, header, by=self._by, now=self._now)
        if not isinstance(row, Row):
            return row
        checked = person.check(row.said, self._now)
        if not isinstance(checked, NewPerson):
            return [Flaw(column_of(flaw), flaw.reason) for flaw in checked]
        return self._arrival(row, checked)

    def _arrival(self, row: Row, checked: NewPerson) -> Arrival:
        digest = self._desk.blind.intake(self._incident_id, "row", row.canonical)
        if row.reference is None:
            return Arrival(checked, digest)
        return Arrival(
            checked, self._desk.blind.intake(self._incident_id, "reference", row.reference), digest
        )

    async def _register_waiting(self) -> None:
        waiting, self._waiting = self._waiting, []
        await self._registered()
        if waiting:
            self._registering = asyncio.create_task(self._register(waiting))

    async def _registered(self) -> None:
        before, self._registering = self._registering, None
        if before is not None:
            await before

    async def _register(self, waiting: list[_Read]) -> None:
        arrivals = [one.arrival for one in waiting]
        results = await register_many(self._desk, self._incident_id, arrivals, by=self._by, now=self._now)
        for one, result in zip(waiting, results, strict=True):
            self._count(one.line, result)

    def _count(self, line: int, result: Result) -> None:
        match result.outcome:
            case Outcome.REGISTERED:
                self.report.registered += 1
                metrics.ROWS.labels("registered").inc()
            case Outcome.REPEATED | Outcome.SAME_PERSON:
                self.report.already_there += 1
                metrics.ROWS.labels("already_there").inc()
            case Outcome.CLOSED:
                self._bad(line, [Flaw("place", CLOSED)])
            case Outcome.OTHER_BODY:
                self._bad(
                    line, [Flaw("reference", "came before with other cells: correct that person instead")]
                )

    def _bad(self, line: int, flaws: list[Flaw]) -> None:
        self.report.bad_rows += 1
        metrics.ROWS.labels("bad").inc()
        if len(self.report.bad) < BAD_TOLD:
            self.report.bad += [Bad(line, flaw.field, flaw.reason) for flaw in flaws]


def _header_text(record: RawRecord) -> str:
    if not record.whole:
        raise HeaderError([("", _not_whole(record).reason)])
    try:
        return record.text.decode()
    except UnicodeDecodeError:
        raise HeaderError([("", "is not UTF-8: save the file as CSV UTF-8")]) from None


def _not_whole(record: RawRecord) -> Flaw:
    if len(record.text) > LONGEST_BYTES:
        return Flaw("", f"is longer than {LONGEST_BYTES} bytes")
    return Flaw("", "a quotation mark is opened and never closed")
