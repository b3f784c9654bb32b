"""Launch: writes the contacts of an approved wave, chunk by chunk. A crash goes on where it stopped."""

from collections.abc import Callable
from datetime import datetime

from contracts.ids import AuthorityId
from contracts.outreach import ExcludedShare, PlannedShare, WaveLaunched
from contracts.vocabulary import Channel, WithheldReason
from kit import outbox
from kit.clock import Clock
from kit.database import Database, Session
from services.outreach.domain.plan import Plan
from services.outreach.domain.wave import WaveState
from services.outreach.domain.window import next_open
from services.outreach.plans.files import from_text
from services.outreach.store import waves
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
            plan = from_text(wave.plan_text)
            steps = due_times(plan, wave.launched_at)
            done = await waves.launch_members(session, wave, steps, self._batch) is None
            if done:
                await self._launched(session, wave, wave.launched_at)
        for wake in self.when_launched if done else ():
            wake()
        return True

    async def _launched(self, session: Session, wave: Wave, at: datetime) -> None:
        await waves.set_state(session, wave.wave_id, WaveState.RUNNING)
        await outbox.emit(session, [_told(wave, at)])


def due_times(plan: Plan, launched_at: datetime) -> list[tuple[str, datetime, datetime]]:
    """Give kind, due_at and not_after of each step. A step due in a closed window is due when it opens."""
    return [
        (
            step.kind,
            next_open(step.window, launched_at + step.offset),
            launched_at + step.not_after,
        )
        for step in plan.steps
    ]


def _told(wave: Wave, at: datetime) -> WaveLaunched:
    shares: dict[tuple[str, str], int] = {}
    for share in wave.contacts:
        key = str(share["municipality"]), str(share["channel"])
        shares[key] = shares.get(key, 0) + int(str(share["contacts"]))
    return WaveLaunched(
        incident_id=wave.incident_id,
        exercise=wave.exercise,
        wave_id=wave.wave_id,
        plan=wave.plan,
        plan_version=wave.plan_version,
        frozen_hash=wave.frozen_hash or "",
        launched_at=at,
        planned=tuple(
            PlannedShare(municipality=AuthorityId(municipality), channel=Channel(channel), contacts=count)
            for (municipality, channel), count in shares.items()
        ),
        excluded=tuple(
            ExcludedShare(reason=WithheldReason(reason), people=count)
            for reason, count in wave.excluded.items()
        ),
    )
