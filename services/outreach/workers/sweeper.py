"""Withhold contacts of cancelled waves, expired calls and merged people; complete finished waves."""

from collections.abc import Sequence

from contracts.events.outreach import WaveCompleted
from contracts.events.vocabulary import WithheldReason
from kit.database import outbox
from kit.database.database import Database, Session
from kit.runtime.clock import Clock
from services.outreach.domain.wave import WaveState
from services.outreach.events import withheld_events
from services.outreach.store import contacts, people, waves
from services.outreach.store.contacts import PlannedContact

CHUNK = 2000  # contacts


class Sweeper:
    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def round(self) -> bool:
        async with self._database.transaction() as session:
            found = await contacts.find_planned_of_cancelled(session, CHUNK)
            await self._withhold(session, found, WithheldReason.WAVE_CANCELLED)
        async with self._database.transaction() as session:
            late = await contacts.find_expired_calls(session, self._clock.agreed(session.now), CHUNK)
            await self._withhold(session, late, WithheldReason.WINDOW_CLOSED)
        async with self._database.transaction() as session:
            merged = await contacts.find_planned_of_merged(session, CHUNK)
            await self._withhold(session, merged, WithheldReason.MERGED)
        async with self._database.transaction() as session:
            await self._complete(session)
        return len(found) == CHUNK or len(late) == CHUNK

    async def _withhold(
        self, session: Session, found: Sequence[PlannedContact], reason: WithheldReason
    ) -> None:
        if not found:
            return
        await people.lock(session, [row.registration_id for row in found])
        stopped = await contacts.withhold(session, [row.contact_id for row in found], reason)
        at = await people.record_time(session, [row.registration_id for row in stopped], self._clock)
        await outbox.emit(session, withheld_events(stopped, at))

    async def _complete(self, session: Session) -> None:
        at = self._clock.agreed(session.now)
        finished = await waves.lock_finished(session, at)
        if not finished:
            return
        at = await session.read_time(self._clock)
        for wave in finished:
            await waves.end(session, wave.wave_id, WaveState.COMPLETED, at)
        await outbox.emit(
            session,
            [
                WaveCompleted(
                    incident_id=wave.incident_id,
                    exercise=wave.exercise,
                    wave_id=wave.wave_id,
                    completed_at=at,
                )
                for wave in finished
            ],
        )
