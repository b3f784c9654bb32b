"""Compare the counters with a full count: the buckets must add up to the registered people."""

import logging
import time

from kit.database.database import Database
from kit.runtime.logs import log_problem
from kit.runtime.metrics import exercise
from services.console.metrics import RECONCILED, UNACCOUNTED
from services.console.projection import queries

log = logging.getLogger(__name__)

EVERY = 120.0  # seconds


class Reconciler:
    def __init__(self, database: Database) -> None:
        self._database = database
        self._due = 0.0
        self._counted = time.monotonic()
        RECONCILED.set_function(lambda: time.monotonic() - self._counted)

    async def round(self) -> bool:
        """Count at most once every EVERY seconds: each batch wakes the loops, and this reads every person."""
        if time.monotonic() >= self._due:
            self._due = time.monotonic() + EVERY
            await self.count()
        return False

    async def count(self) -> None:
        async with self._database.transaction() as session:
            unaccounted = await queries.unaccounted(session)
        self._counted = time.monotonic()
        for is_exercise, people in unaccounted.items():
            UNACCOUNTED.labels(exercise(is_exercise)).set(people)
        if any(unaccounted.values()):
            found = sum(map(abs, unaccounted.values()))
            log_problem(log, "the buckets do not add up to the people registered", unaccounted=found)
