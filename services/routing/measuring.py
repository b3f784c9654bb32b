"""How many cases are open, for operations to see."""

import time

import asyncpg

from kit.database import Database
from services.routing import metrics
from services.routing.store import escalations, home_cases, triage

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


def _word(row: asyncpg.Record) -> str:
    return "yes" if row["exercise"] else "no"
