"""Open, list and count incidents."""

from typing import Any

from fastapi import APIRouter, Response

from contracts.events.ids import IncidentId
from contracts.events.registration import IncidentOpened
from contracts.wire.error_codes import ErrorCode
from contracts.wire.errors import FieldError
from kit.database import outbox
from kit.http.web import Problem, WithCaller
from kit.runtime.ids import new_id
from services.registration.api.dependencies import (
    IdempotencyKey,
    WithDependencies,
    other_body,
    unknown_incident,
)
from services.registration.api.schemas import IncidentBody
from services.registration.domain.consent import ConsentStatus, consent_status
from services.registration.domain.incident import Change, Incident, all_authorities
from services.registration.store import idempotency, incidents

router = APIRouter(prefix="/incidents", tags=["incidents"])


@router.post("", status_code=201)
async def open_incident(
    body: IncidentBody,
    caller: WithCaller,
    deps: WithDependencies,
    response: Response,
    idempotency_key: IdempotencyKey = None,
) -> dict[str, Any]:
    resources, now = deps.resources, deps.clock.now()
    if deps.clock.offset and not body.exercise:
        raise _moved_clock()
    said = {
        **dict(body),
        "event_authorities": all_authorities(body.event_authority, body.event_authorities),
    }
    incident = Incident(id=IncidentId(new_id()), opened_at=now, **said)
    async with resources.database.transaction() as session:
        if idempotency_key is not None:
            key = resources.blind_index.idempotency_digest(None, "incident", idempotency_key)
            digest = resources.blind_index.idempotency_digest(
                None, "body", body.model_dump_json(exclude_defaults=True)
            )
            if not await idempotency.claim_keys(session, [(key, digest, incident.id)]):
                made = (await idempotency.results_by_key(session, [key]))[key]
                if made.body != digest:
                    raise other_body()
                response.status_code = 200
                return {"incident_id": made.id}
        await incidents.insert_incident(session, incident, caller.name)
        await incidents.note_change(session, incident.id, Change.OPENED, at=now, by=caller.name)
        await outbox.emit(session, [IncidentOpened(incident_id=incident.id, **said)])
    return {"incident_id": incident.id}


@router.get("")
async def list_incidents(deps: WithDependencies) -> list[dict[str, Any]]:
    async with deps.resources.database.transaction() as session:
        return [shown(incident) for incident in await incidents.incidents(session)]


@router.get("/{incident_id}")
async def show_incident(incident_id: IncidentId, deps: WithDependencies) -> dict[str, Any]:
    async with deps.resources.database.transaction() as session:
        incident = await incidents.incident(session, incident_id)
    if incident is None:
        raise unknown_incident()
    return shown(incident)


@router.get("/{incident_id}/counts")
async def count(incident_id: IncidentId, deps: WithDependencies) -> dict[str, int]:
    """Return the number of people per consent status. `registered` is the sum."""
    async with deps.resources.database.transaction() as session:
        incident = await incidents.incident(session, incident_id)
        consent_facts = await incidents.consent_facts(session, incident_id, deps.clock.now())
    if incident is None:
        raise unknown_incident()
    counts: dict[str, int] = dict.fromkeys(ConsentStatus, 0)
    for facts in consent_facts:
        counts[consent_status(facts)] += facts.people
    return {"registered": sum(counts.values()), **counts}


def _moved_clock() -> Problem:
    return Problem(
        409,
        "The clock of this installation is moved for an exercise: open real incidents on another one.",
        errors=[FieldError("exercise", ErrorCode.EXERCISE_ONLY)],
        code="moved-clock",
    )


def shown(incident: Incident) -> dict[str, Any]:
    return {
        "incident_id": incident.id,
        "name": incident.name,
        "kind": incident.kind,
        "place": incident.place,
        "started_at": incident.started_at,
        "event_authority": incident.event_authority,
        "event_authorities": incident.event_authorities,
        "hotline": incident.hotline,
        "web_page": incident.web_page,
        "exercise": incident.exercise,
        "long_running": incident.long_running,
        "status": "closed" if incident.closed else "open",
        "opened_at": incident.opened_at,
        "closed_at": incident.closed_at,
    }
