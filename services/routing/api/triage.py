"""The triage queue: cases that wait for an official, and their owners."""

from dataclasses import asdict
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, StringConstraints

from contracts.events.ids import RegistrationId
from kit.http.web import Problem, WithCaller
from services.routing.api.dependencies import WithDependencies, require_active
from services.routing.domain.deadlines import TriageDeadlines
from services.routing.domain.triage import Queue
from services.routing.domain.unknown_authority import incident_warnings
from services.routing.i18n.languages import LANGUAGES
from services.routing.store import incident_authorities, triage
from services.routing.store.triage import QueuedCase

router = APIRouter(tags=["triage"])
_LONGEST_LIST = 2000
_COUNTED = ("cases", "overdue", "unowned")


class Assignment(BaseModel):
    """The owner of a case: the name of a person or a team."""

    model_config = ConfigDict(extra="forbid")

    to: Annotated[str, StringConstraints(strip_whitespace=True, min_length=2, max_length=100)]


@router.get("/incidents/{incident_id}/triage")
async def queue(
    incident_id: UUID,
    deps: WithDependencies,
    limit: Annotated[int, Query(ge=1, le=_LONGEST_LIST)] = _LONGEST_LIST,
) -> list[dict[str, Any]]:
    async with deps.database.transaction() as session:
        rows = await triage.list_queued(session, incident_id, limit)
        return [_as_json(row, deps.deadlines.triage, session.now) for row in rows]


@router.get("/incidents/{incident_id}/triage/counts")
async def counts(incident_id: UUID, deps: WithDependencies) -> dict[str, Any]:
    """Count the waiting, overdue and unowned cases of each queue.

    `warnings`: what to correct in the incident.
    """
    async with deps.database.transaction() as session:
        rows = await triage.count_queues(session, incident_id, deps.deadlines.triage)
        scene = await incident_authorities.load_incident(session, incident_id)
    queues = {row.queue: {"cases": row.cases, "overdue": row.overdue, "unowned": row.unowned} for row in rows}
    sums = {name: sum(queue[name] for queue in queues.values()) for name in _COUNTED}
    return sums | {"queues": queues, "warnings": incident_warnings(scene, deps.authorities, LANGUAGES)}


@router.post("/triage/{registration_id}/assign")
async def assign(
    registration_id: RegistrationId, body: Assignment, caller: WithCaller, deps: WithDependencies
) -> dict[str, Any]:
    """Assign an owner for as long as the case is in this queue."""
    async with deps.database.transaction() as session:
        case = require_active(await triage.lock_queued(session, registration_id))
        if case.queue is None:
            raise Problem(409, "The case is not in a triage queue. It needs no owner.", code="not-queued")
        await triage.write_owner(session, case, body.to, caller.name)
        return {"queue": case.queue, "owner": body.to, "assigned_at": session.now}


def _as_json(row: QueuedCase, deadlines: TriageDeadlines, now: datetime) -> dict[str, Any]:
    due_at = deadlines.due_at(Queue(row.queue), row.since)
    return asdict(row) | {"due_at": due_at, "overdue": due_at <= now}
