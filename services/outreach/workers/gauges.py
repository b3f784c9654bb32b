"""Measure due contacts when the metrics are scraped."""

from kit.database.database import Session
from kit.runtime.clock import Clock
from kit.runtime.collector import Measure
from kit.runtime.metrics import exercise
from services.outreach import metrics
from services.outreach.store import contacts

AGES = (metrics.OLDEST_DUE,)


def measure_with(clock: Clock) -> Measure:
    async def measure(session: Session) -> None:
        oldest = await contacts.oldest_due(session, clock.now())
        for is_exercise in (False, True):
            metrics.OLDEST_DUE.labels(exercise(is_exercise)).set(oldest.get(is_exercise, 0.0))

    return measure
