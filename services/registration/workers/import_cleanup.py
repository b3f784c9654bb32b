"""Mark imports without a heartbeat as interrupted, and delete old rejected rows."""

from datetime import timedelta
from typing import Final

from kit.runtime.clock import Clock
from kit.runtime.metrics import exercise
from services.registration import metrics
from services.registration.resources import Resources
from services.registration.store import imports

_CHUNK: Final = 100


class ImportCleanup:
    def __init__(self, resources: Resources, clock: Clock, *, days: int) -> None:
        """`days`: how long rejected rows are stored."""
        self._resources = resources
        self._clock = clock
        self._kept = timedelta(days=days)

    async def round(self) -> bool:
        async with self._resources.database.transaction() as session:
            silent = await imports.mark_interrupted(session)
            old = await imports.with_old_cells(session, self._clock.agreed(session.now) - self._kept, _CHUNK)
        for is_exercise in silent:
            metrics.IMPORTS.labels("interrupted", exercise(is_exercise)).inc()
        if old:
            await self._resources.keyring.forget(old)  # first: without the key the rows are unreadable
            async with self._resources.database.transaction() as session:
                await imports.delete_cells(session, old)
        return len(old) == _CHUNK
