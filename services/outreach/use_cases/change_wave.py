"""Change the state of a wave on request: lock, check, record, emit."""

from datetime import datetime
from uuid import UUID

from contracts.events.outreach import WaveCancelled, WavePaused, WaveResumed
from contracts.wire.error_codes import ErrorCode
from contracts.wire.errors import FieldError
from contracts.wire.event import Event
from kit.database import outbox
from kit.database.database import Session
from kit.http.web import Problem
from kit.runtime.clock import Clock
from services.outreach.domain.wave import (
    LAUNCHED,
    ApprovalRefusal,
    Authorship,
    WaveAction,
    WaveState,
    is_allowed,
    refuse_approval,
)
from services.outreach.events import wave_launched_event
from services.outreach.store import incidents, waves
from services.outreach.store.incidents import IncidentState
from services.outreach.store.waves import Wave

_REFUSALS = {
    ApprovalRefusal.OWN_WAVE: FieldError("X-Actor", ErrorCode.OWN_WAVE),
    ApprovalRefusal.OTHER_HASH: FieldError("frozen_hash", ErrorCode.OTHER_HASH),
}


async def lock_for_action(session: Session, wave_id: UUID, action: WaveAction) -> Wave:
    """Lock the wave. Raise Problem if it does not exist or its state does not allow the action."""
    wave = await waves.lock(session, wave_id)
    if wave is None:
        raise unknown_wave()
    if not is_allowed(action, wave.state):
        raise Problem(
            409, f"This wave is {wave.state}. It cannot {_VERBS[action]} in this state.", code="wrong-state"
        )
    return wave


_VERBS = {
    WaveAction.PREVIEW: "be previewed",
    WaveAction.APPROVE: "be approved",
    WaveAction.LAUNCH: "be launched",
    WaveAction.PAUSE: "be paused",
    WaveAction.RESUME: "be resumed",
    WaveAction.CANCEL: "be cancelled",
}


def unknown_wave() -> Problem:
    return Problem(
        404,
        "Unknown wave. Check the id.",
        errors=[FieldError("wave_id", ErrorCode.UNKNOWN)],
        code="unknown-wave",
    )


async def load_incident(session: Session, incident_id: UUID) -> IncidentState:
    incident = await incidents.find_incident(session, incident_id)
    if incident is None:
        raise Problem(
            404,
            "Unknown incident. Check the id.",
            errors=[FieldError("incident_id", ErrorCode.UNKNOWN)],
            code="unknown-incident",
        )
    return incident


async def load_open_incident(session: Session, incident_id: UUID) -> IncidentState:
    incident = await load_incident(session, incident_id)
    if incident.closed_at is not None:
        raise Problem(
            409,
            "The incident is closed. Reopen it first.",
            errors=[FieldError("incident_id", ErrorCode.INCIDENT_CLOSED)],
            code="closed-incident",
        )
    return incident


async def _record_time(session: Session, wave_id: UUID, clock: Clock) -> datetime:
    return await waves.record_time(session, wave_id, await session.read_time(clock))


async def approve(session: Session, wave_id: UUID, by: str, frozen_hash: str, clock: Clock) -> WaveState:
    wave = await lock_for_action(session, wave_id, WaveAction.APPROVE)
    refusal = refuse_approval(
        Authorship(wave.created_by, wave.previewed_by, wave.frozen_hash), by, frozen_hash
    )
    if refusal is not None:
        error = _REFUSALS[refusal]
        raise Problem(409, error.text, errors=[error], code=refusal)
    at = await _record_time(session, wave_id, clock)
    await waves.approve(session, wave_id, by, at)
    return WaveState.APPROVED


async def launch(session: Session, wave_id: UUID, by: str, clock: Clock) -> WaveState:
    wave = await lock_for_action(session, wave_id, WaveAction.LAUNCH)
    await load_open_incident(session, wave.incident_id)
    at = await _record_time(session, wave_id, clock)
    await waves.begin_launch(session, wave_id, by, at)
    return WaveState.LAUNCHING


async def pause(session: Session, wave_id: UUID, clock: Clock) -> WaveState:
    wave = await lock_for_action(session, wave_id, WaveAction.PAUSE)
    at = await _record_time(session, wave_id, clock)
    await waves.set_state(session, wave_id, WaveState.PAUSED)
    await outbox.emit(
        session,
        [
            WavePaused(
                incident_id=wave.incident_id, exercise=wave.exercise, wave_id=wave.wave_id, paused_at=at
            )
        ],
    )
    return WaveState.PAUSED


async def resume(session: Session, wave_id: UUID, clock: Clock) -> WaveState:
    wave = await lock_for_action(session, wave_id, WaveAction.RESUME)
    at = await _record_time(session, wave_id, clock)
    await waves.set_state(session, wave_id, WaveState.RUNNING)
    await outbox.emit(
        session,
        [
            WaveResumed(
                incident_id=wave.incident_id, exercise=wave.exercise, wave_id=wave.wave_id, resumed_at=at
            )
        ],
    )
    return WaveState.RUNNING


async def cancel(session: Session, wave_id: UUID, clock: Clock) -> WaveState:
    """End the wave for good. No contact is claimed any more; the sweeper withholds them.

    During a launch the remaining contacts are still written, so that each is withheld and reported.
    """
    wave = await lock_for_action(session, wave_id, WaveAction.CANCEL)
    at = await _record_time(session, wave_id, clock)
    await waves.end(session, wave_id, WaveState.CANCELLED, at)
    events: list[Event] = []
    if wave.state is WaveState.LAUNCHING and wave.launched_at is not None:
        events.append(wave_launched_event(wave, wave.launched_at))
    if wave.state in LAUNCHED:
        events.append(
            WaveCancelled(
                incident_id=wave.incident_id, exercise=wave.exercise, wave_id=wave.wave_id, cancelled_at=at
            )
        )
    await outbox.emit(session, events)
    return WaveState.CANCELLED
