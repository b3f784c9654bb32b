"""Who answers for a registration now, and how the authorities that were asked have answered."""

from datetime import datetime
from typing import Any

import asyncpg
from fastapi import APIRouter

from contracts.events.ids import RegistrationId
from kit.database import outbox
from kit.http.web import WithCaller
from services.routing.api.dependencies import WithDependencies, note_of, notes_seen, unknown
from services.routing.api.handovers import shown
from services.routing.domain.handover import Status
from services.routing.domain.responsible import Holder, Who, existing, holder
from services.routing.domain.unknown_authority import warnings
from services.routing.store import handover_lists, home_cases, incident_authorities

router = APIRouter(tags=["handovers"])


@router.get("/registrations/{registration_id}/responsible")
async def responsible(registration_id: RegistrationId, deps: WithDependencies) -> dict[str, Any]:
    """Give who holds it (an authority that accepted, a triage queue, the event authority), and since when.

    `name`: of the authority, whose code is in `authority`; or of the queue.
    """
    async with deps.database.transaction() as session:
        row = await handover_lists.where(session, registration_id)
        if row is None:
            raise unknown()
        scene = await incident_authorities.scene(session, row["incident_id"])
    held_by = None if row["held_by"] is None else deps.answering_for(row["held_by"])
    by_status = holder(held_by, _status(row), _queue(row), next(iter(scene.named), None))
    found = existing(by_status, scene.named, deps.authorities, deps.today())
    code = found.name if found.who in {Who.AUTHORITY, Who.EVENT_AUTHORITY} else None
    into = row["merged_into"] if found.who is Who.OTHER_REGISTRATION else None
    return {
        "registration_id": registration_id,
        "who": found.who,
        "authority": code,
        "name": deps.authorities.name_of(code, deps.today()) if code else found.name,
        "since": _since(row, found),
        "into": into,
        "warnings": warnings(scene, deps.authorities),
    }


@router.get("/registrations/{registration_id}/handovers")
async def of_a_person(
    registration_id: RegistrationId, caller: WithCaller, deps: WithDependencies
) -> list[dict[str, Any]]:
    """Give every offer, the oldest first, with the words of a refusal: that they are opened is on record."""
    keys = await deps.keyring.read([registration_id])
    async with deps.database.transaction() as session:
        case = await home_cases.find_case(session, registration_id)
        if case is None:
            raise unknown()
        rows = await handover_lists.of_person(session, registration_id)
        if any(row["refusal_note"] for row in rows):
            await outbox.emit(session, [notes_seen(case, caller, deps, "handovers")])
    key = keys.get(registration_id)
    return [shown(row, deps) | {"why": note_of(row["refusal_note"], key)} for row in rows]


def _status(row: asyncpg.Record) -> Status:
    """Read the status. A person without a key is forgotten before that is told."""
    return Status.FORGOTTEN if row["state"] == "forgotten" else Status(row["status"])


def _queue(row: asyncpg.Record) -> str | None:
    return row["queue"] if row["state"] == "triage" else None


def _since(row: asyncpg.Record, found: Holder) -> datetime:
    since: datetime = row["status_since"]
    if found.who is Who.AUTHORITY:
        since = row["accepted_at"]
    if found.who is Who.TRIAGE_QUEUE and row["state"] == "triage":
        since = row["since"]
    return since
