"""How many cases are open, and who names authorities that are none, for operations to see."""

import time

import asyncpg

from kit.clock import Clock
from kit.database import Database
from services.routing import metrics
from services.routing.authorities.directory import Directory
from services.routing.domain.authority import Kind
from services.routing.domain.period import day_of
from services.routing.domain.unknown import unknown_of
from services.routing.store import escalations, home_cases, scenes, triage

EVERY = 15.0  # seconds, however often the loop is woken: the cases are counted one by one


class Measuring:
    def __init__(self, database: Database) -> None:
        self._database = database
        self._measured_at: float | None = None

    async def round(self) -> bool:
        now = time.monotonic()
        if self._measured_at is None or now - self._measured_at >= EVERY:
            self._measured_at = now
            await self._measure()
        return False

    async def _measure(self) -> None:
        async with self._database.transaction() as session:
            waiting = await home_cases.waiting(session)
            in_triage = await triage.in_triage(session)
            late_cases = await triage.overdue(session)
            late_handovers = await escalations.overdue(session)
        for bucket in ("waiting", "register_away"):
            metrics.CASES_OPEN.labels(bucket).set(waiting.get(bucket, 0))
        metrics.CASES_OPEN.labels("triage").set(in_triage)
        metrics.TRIAGE_OVERDUE.clear()  # a queue nobody is late in is not among the rows
        for row in late_cases:
            metrics.TRIAGE_OVERDUE.labels(row["queue"], _word(row)).set(row["cases"])
        metrics.HANDOVERS_OVERDUE.clear()
        for row in late_handovers:
            metrics.HANDOVERS_OVERDUE.labels(row["step"], _word(row)).set(row["handovers"])


class MeasuringUnknown:
    """Counts over all incidents and people: seldom enough."""

    def __init__(self, database: Database, directory: Directory, clock: Clock) -> None:
        self._database, self._directory, self._clock = database, directory, clock

    async def round(self) -> bool:
        authorities, now = (await self._directory.edition()).authorities, self._clock.now()
        known = [row.id for kind in Kind for row in authorities.of_kind(kind, day_of(now))]
        async with self._database.transaction() as session:
            told = await scenes.scenes(session)
            consents = await scenes.covering_nobody(session, known, now)
        gauge = metrics.UNKNOWN_AUTHORITIES
        for exercise in (False, True):
            wrong = [one for one in told if one.exercise is exercise and unknown_of(one, authorities)]
            people = sum(row["people"] for row in consents if row["exercise"] is exercise)
            gauge.labels("incident", _yes(exercise)).set(len(wrong))
            gauge.labels("consent", _yes(exercise)).set(people)
        return False


def _word(row: asyncpg.Record) -> str:
    return _yes(row["exercise"])


def _yes(exercise: bool) -> str:  # noqa: FBT001 - the word for it
    return "yes" if exercise else "no"
