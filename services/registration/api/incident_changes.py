"""Close, reopen and correct incidents, and show their history."""

from datetime import datetime
from typing import Any

from fastapi import APIRouter

from contracts.events.ids import IncidentId
from contracts.events.personal import NOTE, Note
from contracts.events.registration import IncidentClosed, IncidentCorrected, IncidentReopened
from contracts.wire.errors import FieldError
from kit.database import outbox
from kit.database.database import Session
from kit.http.web import WithCaller
from kit.privacy.sealing import DataKey
from services.registration.api.dependencies import (
    Dependencies,
    WithDependencies,
    refused,
    unknown_incident,
    words_seen,
)
from services.registration.api.incidents import shown
from services.registration.api.schemas import IncidentCorrectionBody, MaybeWhyBody, WhyBody
from services.registration.api.serializers import opened_note
from services.registration.domain.incident import CORRECTABLE, Change, Incident, corrected, differences
from services.registration.store import incidents
from services.registration.store.incidents import IncidentChange

router = APIRouter(prefix="/incidents/{incident_id}", tags=["incidents"])
_STATUS = {Change.OPENED: "open", Change.REOPENED: "open", Change.CLOSED: "closed"}


@router.post("/close")
async def close_incident(
    incident_id: IncidentId, caller: WithCaller, deps: WithDependencies, body: MaybeWhyBody | None = None
) -> dict[str, Any]:
    """Close an incident. Do nothing if it is closed."""
    why = await _sealed(deps, incident_id, body.why if body else None)
    async with deps.resources.database.transaction() as session:
        incident = await _locked(session, incident_id)
        if not incident.closed:
            now = await _recorded(deps, session, incident_id)
            await incidents.close_incident(session, incident_id, now, caller.name)
            await incidents.note_change(session, incident_id, Change.CLOSED, at=now, by=caller.name, why=why)
            closed = IncidentClosed(incident_id=incident_id, exercise=incident.exercise, closed_at=now)
            await outbox.emit(session, [closed])
        return shown(await _locked(session, incident_id))


@router.post("/reopen")
async def reopen_incident(
    incident_id: IncidentId, body: WhyBody, caller: WithCaller, deps: WithDependencies
) -> dict[str, Any]:
    """Reopen an incident for every place. Do nothing if it is open."""
    why = await _sealed(deps, incident_id, body.why)
    async with deps.resources.database.transaction() as session:
        incident = await _locked(session, incident_id)
        if incident.closed:
            now = await _recorded(deps, session, incident_id)
            await incidents.reopen_incident(session, incident_id)
            await incidents.note_change(
                session, incident_id, Change.REOPENED, at=now, by=caller.name, why=why
            )
            reopened = IncidentReopened(incident_id=incident_id, exercise=incident.exercise, reopened_at=now)
            await outbox.emit(session, [reopened])
        return shown(await _locked(session, incident_id))


@router.patch("")
async def correct_incident(
    incident_id: IncidentId, body: IncidentCorrectionBody, caller: WithCaller, deps: WithDependencies
) -> dict[str, Any]:
    """Correct the given fields of an incident. Equal values change nothing."""
    why = await _sealed(deps, incident_id, body.why)
    async with deps.resources.database.transaction() as session:
        before = await _locked(session, incident_id)
        after = corrected(before, body.changed())
        if isinstance(after, FieldError):
            raise refused([after])
        if changed := differences(before, after):
            now = await _recorded(deps, session, incident_id)
            was = {name: getattr(before, name) for name in changed}
            await incidents.write_incident(session, after)
            await incidents.note_change(
                session, incident_id, Change.CORRECTED, at=now, by=caller.name, why=why, was=was
            )
            right = {name: getattr(after, name) for name in CORRECTABLE}
            event = IncidentCorrected(
                incident_id=incident_id, exercise=after.exercise, corrected_at=now, **right
            )
            await outbox.emit(session, [event])
        return shown(after)


@router.get("/history")
async def history(
    incident_id: IncidentId, caller: WithCaller, deps: WithDependencies
) -> list[dict[str, Any]]:
    """List the changes of an incident, oldest first: who, when, why, and the replaced values.

    The access to reasons is recorded before they are decrypted.
    """
    async with deps.resources.database.transaction() as session:
        incident = await incidents.incident(session, incident_id)
        rows = await incidents.changes(session, incident_id)
        if incident is None or not rows:
            raise unknown_incident()
        if any(row.why for row in rows):
            await outbox.emit(
                session, [words_seen(incident, caller.name, "incident history", deps.clock.now())]
            )
    keys = await deps.resources.keyring.read([incident_id])
    return [_told(row, keys.get(incident_id)) for row in rows]


def _told(row: IncidentChange, key: DataKey | None) -> dict[str, Any]:
    told: dict[str, Any] = {"at": row.at, "by": row.by, "what": row.what}
    if (status := _STATUS.get(Change(row.what))) is not None:
        told["status"] = status
    if row.was is not None:
        told |= {"changed": row.changed, "was": row.was}
    if (why := opened_note(row.why, key)) is not None:
        told["why"] = why
    return told


async def _locked(session: Session, incident_id: IncidentId) -> Incident:
    incident = await incidents.lock_incident(session, incident_id)
    if incident is None:
        raise unknown_incident()
    return incident


async def _recorded(deps: Dependencies, session: Session, incident_id: IncidentId) -> datetime:
    return await incidents.record_time(session, incident_id, await session.read_time(deps.clock))


async def _sealed(deps: Dependencies, incident_id: IncidentId, why: str | None) -> bytes | None:
    """Seal a reason with the incident's own key: it may name a person."""
    if why is None:
        return None
    async with deps.resources.database.transaction() as session:
        if await incidents.incident(session, incident_id) is None:
            raise unknown_incident()
    keys = await deps.resources.keyring.issue([incident_id])
    return keys[incident_id].seal(NOTE, Note(why))
