"""Search for a person by number, telephone or name. The search value is only in the body."""

from typing import Any

from fastapi import APIRouter
from pydantic import Field

from contracts.events.ids import IncidentId
from contracts.events.personal import CONTACT, IDENTITY, ContactDetails, Identity
from contracts.wire.errors import FieldError
from kit.http.web import WithCaller
from kit.privacy.sealing import DataKey
from services.registration.api.dependencies import WithDependencies, refused, unknown_incident
from services.registration.api.schemas import Body, Line
from services.registration.domain.age import LOCAL
from services.registration.domain.search import SearchBy, SearchPurpose, read
from services.registration.store.search import FoundPerson
from services.registration.use_cases.search_people import Search, search

router = APIRouter(tags=["searches"])


class SearchBody(Body):
    incident_id: IncidentId
    by: SearchBy
    value: Line = Field(repr=False)
    scope: Line | None = None
    purpose: SearchPurpose


@router.post("/searches")
async def search_for(body: SearchBody, caller: WithCaller, deps: WithDependencies) -> dict[str, Any]:
    """Find people of an incident. `more`: there are further results; give more of the name."""
    now = deps.clock.now()
    what = read(body.by, body.value, body.scope, now.astimezone(LOCAL).date())
    if isinstance(what, FieldError):
        raise refused([what])
    asked = Search(body.incident_id, body.by, body.purpose, what)
    found = await search(deps.resources, asked, caller.name, now)
    if found is None:
        raise unknown_incident()
    keys = await deps.resources.keyring.read([row.id for row in found.people])
    shown = [_shown(row, keys[row.id]) for row in found.people if row.id in keys]
    return {"found": sorted(shown, key=lambda one: str(one["name"])), "more": found.more}


def _shown(row: FoundPerson, key: DataKey) -> dict[str, Any]:
    born = key.open(IDENTITY, row.identity, Identity).birth_date if row.identity else None
    return {
        "registration_id": row.id,
        "name": key.open(CONTACT, row.contact, ContactDetails).name,
        "role": row.role,
        "place": row.place,
        "registered_at": row.registered_at,
        "birth_year": int(born[:4]) if born else None,
    }
