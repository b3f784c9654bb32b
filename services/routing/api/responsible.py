"""The party responsible for a registration now, and its handovers."""

from datetime import datetime
from typing import Any

from fastapi import APIRouter

from contracts.events.ids import RegistrationId
from kit.database import outbox
from kit.http.web import WithCaller
from services.routing.api.dependencies import (
    WithDependencies,
    note_seen_event,
    open_note,
    unknown_registration,
)
from services.routing.api.handovers import handover_as_json
from services.routing.domain.handover import HandoverStatus
from services.routing.domain.responsible import (
    ResponsibleKind,
    ResponsibleParty,
    responsible_party,
    with_existing_authority,
)
from services.routing.domain.unknown_authority import incident_warnings
from services.routing.i18n.languages import LANGUAGES
from services.routing.store import handover_lists, home_cases, incident_authorities
from services.routing.store.handover_lists import ResponsibilityRow

router = APIRouter(tags=["handovers"])


@router.get("/registrations/{registration_id}/responsible")
async def responsible(registration_id: RegistrationId, deps: WithDependencies) -> dict[str, Any]:
    """Return the responsible party: the accepting authority, a triage queue or the event authority.

    `name`: the name of the authority, with its code in `authority`, or the name of the queue.
    """
    async with deps.database.transaction() as session:
        row = await handover_lists.find_responsibility(session, registration_id)
        if row is None:
            raise unknown_registration()
        scene = await incident_authorities.load_incident(session, row.incident_id)
    held_by = None if row.held_by is None else deps.answering_for(row.held_by)
    by_status = responsible_party(held_by, _status(row), _queue(row), next(iter(scene.named), None))
    found = with_existing_authority(by_status, scene.named, deps.authorities, deps.today())
    code = found.name if found.who in {ResponsibleKind.AUTHORITY, ResponsibleKind.EVENT_AUTHORITY} else None
    into = row.merged_into if found.who is ResponsibleKind.OTHER_REGISTRATION else None
    return {
        "registration_id": registration_id,
        "who": found.who,
        "authority": code,
        "name": deps.authorities.name_of(code, deps.today()) if code else found.name,
        "since": _since(row, found),
        "into": into,
        "warnings": incident_warnings(scene, deps.authorities, LANGUAGES),
    }


@router.get("/registrations/{registration_id}/handovers")
async def list_handovers(
    registration_id: RegistrationId, caller: WithCaller, deps: WithDependencies
) -> list[dict[str, Any]]:
    """List the offers, oldest first, with the note of a refusal. Opening a note is recorded first."""
    keys = await deps.keyring.read([registration_id])
    async with deps.database.transaction() as session:
        case = await home_cases.find_case(session, registration_id)
        if case is None:
            raise unknown_registration()
        rows = await handover_lists.list_of_person(session, registration_id)
        if any(row.refusal_note for row in rows):
            await outbox.emit(session, [note_seen_event(case, caller, deps, "handovers")])
    key = keys.get(registration_id)
    return [handover_as_json(row, deps) | {"why": open_note(row.refusal_note, key)} for row in rows]


def _status(row: ResponsibilityRow) -> HandoverStatus:
    """Return the status. Without a key the person is erased, even before the event arrives."""
    return HandoverStatus.FORGOTTEN if row.state == "forgotten" else HandoverStatus(row.status)


def _queue(row: ResponsibilityRow) -> str | None:
    return row.queue if row.state == "triage" else None


def _since(row: ResponsibilityRow, found: ResponsibleParty) -> datetime:
    since = None
    if found.who is ResponsibleKind.AUTHORITY:
        since = row.accepted_at
    if found.who is ResponsibleKind.TRIAGE_QUEUE and row.state == "triage":
        since = row.since
    return since or row.status_since
