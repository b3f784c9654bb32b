"""Erase the people of an incident after its retention date, in chunks.

Each round is one transaction: the erasures, their events, and the progress. The keys are deleted after it, or
by key_deletion.KeyDeletion after a crash.
"""

from datetime import datetime
from typing import Final

from contracts.events.ids import RegistrationId
from kit.database.database import Session
from kit.runtime.clock import Clock
from services.registration.domain.age import LOCAL
from services.registration.resources import Resources
from services.registration.store import imports, retention
from services.registration.store.retention import DueRetention
from services.registration.use_cases.erase_person import delete_keys, forget_people

_CHUNK: Final = 500


class Retention:
    def __init__(self, resources: Resources, clock: Clock, *, chunk: int = _CHUNK) -> None:
        self._resources = resources
        self._clock = clock
        self._chunk = chunk

    async def round(self) -> bool:
        await self._delete_refused_rows()
        async with self._resources.database.transaction() as session:
            now = self._clock.agreed(session.now)
            due = await retention.lock_due(session, now.astimezone(LOCAL).date())
            if due is None:
                return False
            gone = await self._forget_some(session, due, now)
        await delete_keys(self._resources, gone)
        return bool(gone)

    async def _forget_some(self, session: Session, due: DueRetention, now: datetime) -> list[RegistrationId]:
        until = due.reaches_until or await retention.begin(session, due.seq, now)
        people = await retention.lock_reached(session, due.incident_id, until, self._chunk)
        by = f"retention, decided by {due.set_by}"
        gone = await forget_people(session, people, now, by, [None] * len(people)) if people else []
        left = await retention.still_reached(session, due.incident_id, until)
        await retention.progress(session, due.seq, len(people), None if left else now)
        return gone

    async def _delete_refused_rows(self) -> None:
        """Delete the rejected rows of files. They concern the same people, but have their own keys."""
        async with self._resources.database.transaction() as session:
            today = self._clock.agreed(session.now).astimezone(LOCAL).date()
            files = await retention.files_of_due(session, today)
        if files:
            await self._resources.keyring.forget(files)
            async with self._resources.database.transaction() as session:
                await imports.delete_cells(session, files)
