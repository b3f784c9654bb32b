"""How many cases are open, for operations to see."""

import time

from kit.database import Database
from services.routing import metrics
from services.routing.store import home_cases, triage

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
        for bucket in ("waiting", "register_away"):
            metrics.CASES_OPEN.labels(bucket).set(waiting.get(bucket, 0))
        metrics.CASES_OPEN.labels("triage").set(in_triage)
