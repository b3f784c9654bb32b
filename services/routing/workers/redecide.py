"""Decide cases again after a change of authorities (the reform of 2027) or on request.

Old decisions are kept. A case keeps its place in a queue until it is decided. Before that, the successor
of an ended authority takes over its open handovers by law: neither people nor the register are asked.
"""

from datetime import date

from kit.database.database import Database
from kit.runtime.clock import Clock
from services.routing.authorities.directory import AuthorityDirectory
from services.routing.store import decisions, home_cases, redecisions, successions
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
        self._transferred: tuple[int, date] | None = (
            None  # table version and date for which no handover is left
        )

    async def round(self) -> bool:
        transferred, reopened = await self._transfer_to_successors(), await self._reopen_after_change()
        async with self._database.transaction() as session:
            requested = await redecisions.reopen_next_batch(session, self._batch)
        return transferred or reopened or requested

    async def _transfer_to_successors(self) -> bool:
        edition, on = await self._directory.edition(), today(self._clock)
        successors = edition.authorities.successors(on)
        if not successors or self._transferred == (edition.version, on):
            return False
        async with self._database.transaction() as session:
            ids = sorted(await successions.find_affected(session, successors, self._batch))
            await home_cases.lock_cases(session, ids)
            if ids:
                at = await decisions.not_before_last(session, ids, await session.read_time(self._clock))
                await succeed_authorities.hand_over_to_successors(session, ids, edition.authorities, on, at)
        if not ids:
            self._transferred = edition.version, on
        return bool(ids)

    async def _reopen_after_change(self) -> bool:
        changed = (await self._directory.edition()).authorities.changed_by(today(self._clock))
        async with self._database.transaction() as session:
            return bool(await home_cases.reopen_decided_before(session, changed, self._batch))
