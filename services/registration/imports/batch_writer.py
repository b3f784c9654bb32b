"""Register a batch of parsed rows, or predict the result in a dry run, and store the outcome of each row."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Final, assert_never

from contracts.events.ids import IncidentId
from contracts.wire.error_codes import ErrorCode
from contracts.wire.errors import FieldError
from kit.database.database import Session
from kit.runtime.metrics import exercise
from services.registration import metrics
from services.registration.domain.audit_stamp import AuditStamp
from services.registration.imports.dry_run import DryRun
from services.registration.imports.job import ImportJob, RejectedRow, RowCounts
from services.registration.imports.row_corrections import RowCorrections
from services.registration.imports.row_parser import ParsedRow
from services.registration.imports.seen_values import SeenValues
from services.registration.resources import Resources
from services.registration.store.imports import RowProblem
from services.registration.use_cases.register_people import (
    RegistrationOutcome,
    RegistrationResult,
    register_many,
)

_INCIDENT_CLOSED: Final = FieldError("place", ErrorCode.INCIDENT_CLOSED_HERE)
_REFERENCE_IN_USE: Final = FieldError("reference", ErrorCode.ROW_REFERENCE_USED)
_PERSON_ERASED: Final = FieldError("reference", ErrorCode.PERSON_ERASED)


class BatchWriter:
    def __init__(
        self, resources: Resources, incident_id: IncidentId, job: ImportJob, *, by: str, now: datetime
    ) -> None:
        self._resources = resources
        self._incident_id = incident_id
        self._job = job
        self._by = by
        self._now = now
        self._seen_values = SeenValues()
        self._dry_run = DryRun(resources, incident_id)
        self._corrections = RowCorrections(resources, incident_id, AuditStamp(now, by), dry_run=job.dry_run)

    async def write_batch(self, rows: Sequence[ParsedRow]) -> None:
        """Write people, events, progress and rejected rows in one transaction. Raise UnknownIncident."""
        rows, corrected = await self._corrections.apply(rows)
        submissions = [row.submission for row in rows if row.submission is not None]
        new_counts = RowCounts()

        async def write(session: Session, results: Sequence[RegistrationResult]) -> None:
            nonlocal new_counts
            rejected = list(_rejected_rows(rows, results))
            new_counts = _count_rows(results, len(rejected))
            await self._job.write_results(
                session, new_counts, rejected, self._hints(rows, results, corrected)
            )

        if submissions and not self._job.dry_run:
            await register_many(
                self._resources, self._incident_id, submissions, by=self._by, now=self._now, within=write
            )
        else:
            results = await self._dry_run.predict_results(submissions) if submissions else []
            async with self._resources.database.transaction() as session:
                await write(session, results)
        self._job.counts += new_counts
        if not self._job.dry_run:
            _update_metrics(new_counts, exercise(self._job.exercise))

    def _hints(
        self,
        rows: Iterable[ParsedRow],
        results: Iterable[RegistrationResult],
        corrected: Mapping[int, Sequence[str]],
    ) -> Iterator[RowProblem]:
        remaining = iter(results)
        for row in rows:
            repeats = () if row.submission is None else self._seen_values.repeat_hints(row, next(remaining))
            corrects = [FieldError(name, ErrorCode.ROW_CORRECTED) for name in corrected.get(row.line, ())]
            for hint in (*row.hints, *corrects, *repeats):
                yield RowProblem(row.line, hint, hint=True)


def _rejected_rows(rows: Sequence[ParsedRow], results: Sequence[RegistrationResult]) -> Iterator[RejectedRow]:
    remaining = iter(results)
    for row in rows:
        errors = row.errors if row.submission is None else _errors_of(next(remaining))
        if errors:
            yield RejectedRow(
                row.line,
                row.cells,
                tuple(RowProblem(row.line, error) for error in errors),
            )


def _errors_of(result: RegistrationResult) -> tuple[FieldError, ...]:
    match result.outcome:
        case RegistrationOutcome.REGISTERED | RegistrationOutcome.REPEATED | RegistrationOutcome.SAME_PERSON:
            return ()
        case RegistrationOutcome.CLOSED:
            return (_INCIDENT_CLOSED,)
        case RegistrationOutcome.OTHER_BODY:
            return (_PERSON_ERASED if result.forgotten else _REFERENCE_IN_USE,)
        case _:
            assert_never(result.outcome)


def _count_rows(results: Sequence[RegistrationResult], rejected: int) -> RowCounts:
    outcomes = [result.outcome for result in results]
    there = outcomes.count(RegistrationOutcome.REPEATED) + outcomes.count(RegistrationOutcome.SAME_PERSON)
    return RowCounts(outcomes.count(RegistrationOutcome.REGISTERED), there, rejected)


def _update_metrics(new_counts: RowCounts, exercise_label: str) -> None:
    metrics.ROWS.labels("registered", exercise_label).inc(new_counts.registered)
    metrics.ROWS.labels("already_there", exercise_label).inc(new_counts.already_there)
    metrics.ROWS.labels("bad", exercise_label).inc(new_counts.bad_rows)
