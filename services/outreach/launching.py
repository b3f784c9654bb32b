"""Launch: writes the contacts of an approved wave, chunk by chunk. A crash goes on where it stopped."""

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime
from uuid import UUID

from contracts.ids import AuthorityId
from contracts.outreach import ExcludedShare, PlannedShare, WaveLaunched
from contracts.vocabulary import Channel, WithheldReason
from kit import outbox
from kit.clock import Clock
from kit.database import Database, Session
from services.outreach.domain.earlier import had
from services.outreach.domain.plan import Plan
from services.outreach.domain.wave import WaveState
from services.outreach.domain.window import next_open
from services.outreach.events import withheld
from services.outreach.plans.files import from_text
from services.outreach.store import contacts, earlier, people, waves
from services.outreach.store.waves import Wave


class Launcher:
    def __init__(self, database: Database, clock: Clock, *, batch: int) -> None:
        self._database = database
        self._clock = clock
        self._batch = batch
        self.when_launched: list[Callable[[], None]] = []

    async def round(self) -> bool:
        async with self._database.transaction() as session:
            wave = await waves.lock_launching(session)
            if wave is None or wave.launched_at is None:
                return False
            await waves.hold_launches(session, wave.incident_id)
            steps = due_times(from_text(wave.plan_text), wave.launched_at)
            written = await waves.launch_members(session, wave, steps, self._batch)
            if not written:
                await self._launched(session, wave, wave.launched_at)
            elif not wave.repeat:
                await self._spare(session, wave, written)
            done = not written
        for wake in self.when_launched if done else ():
            wake()
        return True

    async def _spare(self, session: Session, wave: Wave, written: Sequence[UUID]) -> None:
        """Withhold what another wave has planned or done since the preview."""
        if await waves.is_alone(session, wave):
            return
        found = await earlier.of_people(session, [(wave.incident_id, who) for who in written])
        things = {who: had(each, besides=wave.wave_id) for who, each in found.items()}
        rows = await earlier.contacts_for(session, wave.wave_id, things)
        if rows:
            await people.lock(session, [row["registration_id"] for row in rows])
            ids = [row["contact_id"] for row in rows]
            stopped = await contacts.withhold(session, ids, WithheldReason.ALREADY_CONTACTED)
            await outbox.emit(session, withheld(stopped, self._clock.now()))

    async def _launched(self, session: Session, wave: Wave, at: datetime) -> None:
        await waves.set_state(session, wave.wave_id, WaveState.RUNNING)
        await outbox.emit(session, [_told(wave, at)])


def due_times(plan: Plan, launched_at: datetime) -> list[tuple[str, str, datetime, datetime]]:
    """Give kind, template, due_at and not_after of each step. None is due in a closed window."""
    return [
        (
            step.kind,
            step.template,
            next_open(step.window, launched_at + step.offset),
            launched_at + step.not_after,
        )
        for step in plan.steps
    ]


def _told(wave: Wave, at: datetime) -> WaveLaunched:
    shares: Counter[tuple[str, str, str]] = Counter()
    for share in wave.contacts:  # one frozen before who acts was known names the municipality alone
        where = str(share["municipality"]), str(share.get("authority", share["municipality"]))
        shares[*where, str(share["channel"])] += int(str(share["contacts"]))
    return WaveLaunched(
        incident_id=wave.incident_id,
        exercise=wave.exercise,
        wave_id=wave.wave_id,
        plan=wave.plan,
        plan_version=wave.plan_version,
        frozen_hash=wave.frozen_hash or "",
        launched_at=at,
        planned=tuple(
            PlannedShare(
                municipality=AuthorityId(municipality),
                authority=AuthorityId(authority),
                channel=Channel(channel),
                contacts=count,
            )
            for (municipality, authority, channel), count in shares.items()
        ),
        excluded=tuple(
            ExcludedShare(reason=WithheldReason(reason), people=count)
            for reason, count in wave.excluded.items()
        ),
    )
