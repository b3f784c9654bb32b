"""Many people from a CSV file."""

from dataclasses import asdict
from typing import Any

from fastapi import APIRouter, Request

from contracts.ids import IncidentId
from kit.web import Problem, WithCaller
from services.registration.api.office import WithOffice, unknown_incident
from services.registration.importing.columns import HeaderError
from services.registration.importing.file import Import
from services.registration.store import incidents

router = APIRouter(tags=["imports"])


@router.post("/incidents/{incident_id}/imports")
async def import_file(
    incident_id: IncidentId, request: Request, caller: WithCaller, office: WithOffice
) -> dict[str, Any]:
    """Import a CSV file, streamed. Good rows go in; each bad one is told with line, column and reason."""
    async with office.desk.database.transaction() as session:
        if await incidents.incident(session, incident_id) is None:
            raise unknown_incident()
    work = Import(office.desk, incident_id, by=caller.name, now=office.clock.now(), batch=office.import_batch)
    try:
        report = await work.run(request.stream())
    except HeaderError as error:
        raise Problem(
            422,
            "The header row is not right. Nothing was imported.",
            errors=error.problems,
            code="bad-header",
        ) from error
    return asdict(report)
