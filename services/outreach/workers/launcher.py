"""Launch waves: write the contacts of an approved wave chunk by chunk. After a crash, continue from there.

The contacts of a wave that was cancelled meanwhile are written too, so that each is withheld and reported.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from uuid import UUID

from contracts.events.vocabulary import WithheldReason
from kit.database import outbox
from kit.database.database import Database, Session
from kit.runtime.clock import Clock
from services.outreach.domain.earlier_contacts import earlier_contents
from services.outreach.domain.plan import ContactPlan
from services.outreach.domain.wave import WaveState
from services.outreach.domain.window import next_open
from services.outreach.events import wave_launched_event, withheld_events
from services.outreach.plans.files import from_text
from services.outreach.store import contacts, earlier_contacts, people, wave_launches
from services.outreach.store.waves import Wave


class Launcher:
    def __init__(self, database: Database, clock: Clock, *, batch: int) -> None:
        self._database = database
        self._clock = clock
        self._batch = batch
        self.when_launched: list[Callable[[], None]] = []

    async def round(self) -> bool:
        async with self._database.transaction() as session:
            wave = await wave_launches.lock_launching(session)
            if wave is None or wave.launched_at is None:
                return False
            await wave_launches.lock_launches(session, wave.incident_id)
            steps = due_times(from_text(wave.plan_text), wave.launched_at)
            written = await wave_launches.launch_members(session, wave, steps, self._batch)
            if not written:
                await _end(session, wave, wave.launched_at)
            elif wave.state is WaveState.LAUNCHING and not wave.repeat:
                await self._withhold_repeated(session, wave, written)
            done = not written
        for wake in self.when_launched if done else ():
            wake()
        return True

    async def _withhold_repeated(self, session: Session, wave: Wave, written: Sequence[UUID]) -> None:
        """Withhold contacts that repeat those of another wave since the preview."""
        if await wave_launches.is_first_launch(session, wave):
            return
        found = await earlier_contacts.load_of_people(session, [(wave.incident_id, who) for who in written])
        things = {who: earlier_contents(each, besides=wave.wave_id) for who, each in found.items()}
        rows = await earlier_contacts.find_repeated(session, wave.wave_id, things)
        if rows:
            await people.lock(session, [row.registration_id for row in rows])
            ids = [row.contact_id for row in rows]
            stopped = await contacts.withhold(session, ids, WithheldReason.ALREADY_CONTACTED)
            at = await people.record_time(session, [row.registration_id for row in stopped], self._clock)
            await outbox.emit(session, withheld_events(stopped, at))


async def _end(session: Session, wave: Wave, launched_at: datetime) -> None:
    """Let the wave run. A cancelled wave was reported already; the sweeper withholds its contacts."""
    await wave_launches.end_launch(session, wave.wave_id)
    if wave.state is WaveState.LAUNCHING:
        await outbox.emit(session, [wave_launched_event(wave, launched_at)])


def due_times(plan: ContactPlan, launched_at: datetime) -> list[tuple[str, str, datetime, datetime]]:
    """Return kind, template, due_at and not_after of each step. No step is due in a closed window."""
    return [
        (
            step.kind,
            step.template,
            next_open(step.window, launched_at + step.offset),
            launched_at + step.not_after,
        )
        for step in plan.steps
    ]
