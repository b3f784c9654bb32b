"""The retention date of an incident: who decided it, and the progress of the erasure."""

from dataclasses import asdict
from typing import Any

from fastapi import APIRouter

from contracts.events.ids import IncidentId
from contracts.events.personal import NOTE, Note
from contracts.wire.error_codes import ErrorCode
from contracts.wire.errors import FieldError
from kit.database import outbox
from kit.http.timestamps import Day
from kit.http.web import Problem, WithCaller
from services.registration.api.dependencies import WithDependencies, refused, unknown_incident, words_seen
from services.registration.api.schemas import Body, Why
from services.registration.api.serializers import opened_note
from services.registration.domain.age import LOCAL
from services.registration.domain.retention import flaw_of, state
from services.registration.store import incidents, retention

router = APIRouter(prefix="/incidents/{incident_id}/retention", tags=["rights"])


class RetentionBody(Body):
    keep_until: Day
    why: Why


@router.post("", status_code=201)
async def keep_until(
    incident_id: IncidentId, body: RetentionBody, caller: WithCaller, deps: WithDependencies
) -> dict[str, Any]:
    """Set the last day. After it all people of the incident are erased. A later decision replaces this one.

    Restricted people stay until the restriction is lifted. People registered after the start of the erasure
    stay until another date is set.
    """
    resources, now = deps.resources, deps.clock.now()
    if flaw := flaw_of(body.keep_until, now.astimezone(LOCAL).date()):
        raise refused([flaw])
    key = (await resources.keyring.issue([incident_id]))[incident_id]
    why = key.seal(NOTE, Note(body.why))
    async with resources.database.transaction() as session:
        incident = await incidents.lock_shared_incident(session, incident_id)
        if incident is None:
            raise unknown_incident()
        if not incident.closed:
            raise _still_open()
        await retention.insert_retention(session, incident_id, body.keep_until, why, caller.name, now)
    return await show(incident_id, caller, deps)


@router.get("")
async def show(incident_id: IncidentId, caller: WithCaller, deps: WithDependencies) -> dict[str, Any]:
    """Show the date in force, the progress, and all earlier dates. `left` counts people.

    The access to reasons is recorded before they are decrypted.
    """
    async with deps.resources.database.transaction() as session:
        incident = await incidents.incident(session, incident_id)
        if incident is None:
            raise unknown_incident()
        rows = await retention.retentions(session, incident_id)
        if rows:
            await outbox.emit(session, [words_seen(incident, caller.name, "retention", deps.clock.now())])
        kept = await retention.kept(session, incident_id)
    keys = await deps.resources.keyring.read([incident_id])
    holds = rows[0] if rows else None
    return {
        "incident_id": incident_id,
        "keep_until": holds and holds.keep_until,
        "set_by": holds and holds.set_by,
        "set_at": holds and holds.set_at,
        "state": state(holds.began_at, holds.ended_at) if holds else None,
        "forgotten": sum(row.forgotten for row in rows),
        "left": kept.left,
        "restricted": kept.restricted,
        "history": [asdict(row) | {"why": opened_note(row.why, keys.get(incident_id))} for row in rows],
    }


def _still_open() -> Problem:
    return Problem(
        409,
        "The incident is open: close it first, then decide until when its people are kept.",
        errors=[FieldError("incident_id", ErrorCode.INCIDENT_OPEN)],
        code="incident-open",
    )
