"""Decides again where authorities have changed (the reform of 2027), or where a person asks for it.

The old decisions stay. A case keeps its place in a queue until it is decided.
"""

from kit.clock import Clock
from kit.database import Database
from services.routing.authorities.directory import Directory
from services.routing.store import home_cases, reopenings
from services.routing.working import today


class Reopening:
    def __init__(self, database: Database, directory: Directory, clock: Clock, *, batch: int) -> None:
        self._database = database
        self._directory = directory
        self._clock = clock
        self._batch = batch

    async def round(self) -> bool:
        by_date = await self._by_date()
        async with self._database.transaction() as session:
            asked_for = await reopenings.work_off(session, self._batch)
        return by_date or asked_for

    async def _by_date(self) -> bool:
        changed = (await self._directory.edition()).authorities.changed_by(today(self._clock))
        async with self._database.transaction() as session:
            return bool(await home_cases.reopen(session, changed, self._batch))
