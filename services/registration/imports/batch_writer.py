"""Registers some rows of a file, or finds what that would come to, and writes down what became of them."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Final, assert_never

from contracts.events.ids import IncidentId
from kit.database.database import Session
from kit.runtime.metrics import exercise
from services.registration import metrics
from services.registration.domain.audit_stamp import AuditStamp
from services.registration.domain.person import CLOSED
from services.registration.domain.validation import FieldError
from services.registration.imports.dry_run import Rehearsal
from services.registration.imports.job import Counts, Job, Refused
from services.registration.imports.row_corrections import RowCorrections
from services.registration.imports.row_parser import Read
from services.registration.imports.seen_values import Met
from services.registration.resources import Resources
from services.registration.store.imports import Told
from services.registration.use_cases.register_people import Outcome, Result, register_many

_NO_MORE: Final = FieldError("place", CLOSED)
_OTHER_CELLS: Final = FieldError(
    "reference",
    "came before, of another person or by somebody else: where it is that person, correct them by hand;"
    " where it is not, give the row a reference of its own",
)

_CORRECTED: Final = "was corrected by this row: what was entered before is kept in the person's history"
_FORGOTTEN_SINCE: Final = FieldError(
    "reference",
    "came before, of somebody who has been forgotten since and whom no file registers again:"
    " register them by hand, where they ask for it themselves",
)


class Settler:
    def __init__(
        self, resources: Resources, incident_id: IncidentId, job: Job, *, by: str, now: datetime
    ) -> None:
        self._resources = resources
        self._incident_id = incident_id
        self._job = job
        self._by = by
        self._now = now
        self._met = Met()
        self._rehearsal = Rehearsal(resources, incident_id)
        self._corrections = RowCorrections(resources, incident_id, AuditStamp(now, by), dry_run=job.dry_run)

    async def settle(self, rows: Sequence[Read]) -> None:
        """One transaction: people, events, the job's progress, what was refused. Raises UnknownIncident."""
        rows, corrected = await self._corrections.take(rows)
        submissions = [row.submission for row in rows if row.submission is not None]
        news = Counts()

        async def write(session: Session, results: Sequence[Result]) -> None:
            nonlocal news
            refused = list(_refused(rows, results))
            news = _counts(results, len(refused))
            await self._job.write(session, news, refused, self._hints(rows, results, corrected))

        if submissions and not self._job.dry_run:
            await register_many(
                self._resources, self._incident_id, submissions, by=self._by, now=self._now, within=write
            )
        else:
            results = await self._rehearsal.results(submissions) if submissions else []
            async with self._resources.database.transaction() as session:
                await write(session, results)
        self._job.counts += news
        if not self._job.dry_run:
            _measure(news, exercise(self._job.exercise))

    def _hints(
        self, rows: Iterable[Read], results: Iterable[Result], corrected: Mapping[int, Sequence[str]]
    ) -> Iterator[Told]:
        told = iter(results)
        for row in rows:
            repeats = () if row.submission is None else self._met.hints(row, next(told))
            corrects = [FieldError(name, _CORRECTED) for name in corrected.get(row.line, ())]
            for hint in (*row.hints, *corrects, *repeats):
                yield Told(row.line, hint.field, hint.reason, hint=True)


def _refused(rows: Sequence[Read], results: Sequence[Result]) -> Iterator[Refused]:
    told = iter(results)
    for row in rows:
        flaws = row.flaws if row.submission is None else _flaws_of(next(told))
        if flaws:
            yield Refused(row.line, row.cells, tuple(Told(row.line, one.field, one.reason) for one in flaws))


def _flaws_of(result: Result) -> tuple[FieldError, ...]:
    match result.outcome:
        case Outcome.REGISTERED | Outcome.REPEATED | Outcome.SAME_PERSON:
            return ()
        case Outcome.CLOSED:
            return (_NO_MORE,)
        case Outcome.OTHER_BODY:
            return (_FORGOTTEN_SINCE if result.forgotten else _OTHER_CELLS,)
        case _:
            assert_never(result.outcome)


def _counts(results: Sequence[Result], refused: int) -> Counts:
    outcomes = [result.outcome for result in results]
    there = outcomes.count(Outcome.REPEATED) + outcomes.count(Outcome.SAME_PERSON)
    return Counts(outcomes.count(Outcome.REGISTERED), there, refused)


def _measure(news: Counts, exercise_label: str) -> None:
    metrics.ROWS.labels("registered", exercise_label).inc(news.registered)
    metrics.ROWS.labels("already_there", exercise_label).inc(news.already_there)
    metrics.ROWS.labels("bad", exercise_label).inc(news.bad_rows)
