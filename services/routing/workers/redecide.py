"""Decides again where authorities have changed (the reform of 2027), or where a person asks for it.

The old decisions stay. A case keeps its place in a queue until it is decided. Before that, the successor of
an authority that has ended takes its open handovers over: by law, so nobody is asked, and no register either.
"""

from datetime import date

from kit.database.database import Database
from kit.runtime.clock import Clock
from services.routing.authorities.directory import AuthorityDirectory
from services.routing.store import home_cases, redecisions, successions
from services.routing.use_cases import succeed_authorities
from services.routing.workers.decide_cases import today


class RedecisionWorker:
    def __init__(
        self, database: Database, directory: AuthorityDirectory, clock: Clock, *, batch: int
    ) -> None:
        self._database = database
        self._directory = directory
        self._clock = clock
        self._batch = batch
        self._succeeded: tuple[int, date] | None = None  # for which table and day nothing is left to do

    async def round(self) -> bool:
        by_law, by_date = await self._by_law(), await self._by_date()
        async with self._database.transaction() as session:
            asked_for = await redecisions.reopen_next_batch(session, self._batch)
        return by_law or by_date or asked_for

    async def _by_law(self) -> bool:
        edition, on = await self._directory.edition(), today(self._clock)
        successors = edition.authorities.successors(on)
        if not successors or self._succeeded == (edition.version, on):
            return False
        async with self._database.transaction() as session:
            ids = sorted(await successions.find_affected(session, successors, self._batch))
            await home_cases.lock_cases(session, ids)
            if ids:
                at = await session.read_time(self._clock)
                await succeed_authorities.succeed(session, ids, edition.authorities, on, at)
        if not ids:
            self._succeeded = edition.version, on
        return bool(ids)

    async def _by_date(self) -> bool:
        changed = (await self._directory.edition()).authorities.changed_by(today(self._clock))
        async with self._database.transaction() as session:
            return bool(await home_cases.reopen_decided_before(session, changed, self._batch))
