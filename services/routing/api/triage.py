"""The triage queue: who waits for a person's decision, and the decision."""

from typing import Annotated, Any
from uuid import UUID

import asyncpg
from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from contracts import personal
from contracts.event import Sealed
from contracts.ids import AuthorityId, RegistrationId
from contracts.vocabulary import Contactability
from kit import outbox
from kit.database import Session
from kit.sealing import DataKey
from kit.web import Caller, Problem, WithCaller
from services.routing import events
from services.routing.api.office import Office, WithOffice, about, forgotten, standing
from services.routing.domain.authority import Authority
from services.routing.domain.outcome import ResolvedReason
from services.routing.domain.ruling import home_of
from services.routing.domain.triage import contactability_by_person
from services.routing.store import decisions, home_cases, triage
from services.routing.store.decisions import DecisionRow

router = APIRouter(tags=["triage"])
_LONGEST_LIST = 2000


class Ruling(BaseModel):
    """What a person decides about a home authority, and why."""

    model_config = ConfigDict(extra="forbid")

    municipality: AuthorityId = Field(pattern=r"^\d{4}$")
    reason: Annotated[str, StringConstraints(strip_whitespace=True, min_length=3, max_length=500)]


@router.get("/incidents/{incident_id}/triage")
async def queue(
    incident_id: UUID,
    office: WithOffice,
    limit: Annotated[int, Query(ge=1, le=_LONGEST_LIST)] = _LONGEST_LIST,
) -> list[dict[str, Any]]:
    async with office.database.transaction() as session:
        return [dict(row) for row in await triage.triage(session, incident_id, limit)]


@router.post("/triage/{registration_id}/resolve")
async def resolve(
    registration_id: RegistrationId, ruling: Ruling, caller: WithCaller, office: WithOffice
) -> dict[str, Any]:
    home = _home(office, ruling.municipality)
    keys = await office.keyring.read([registration_id])
    async with office.database.transaction() as session:
        case = standing(await home_cases.lock_case(session, registration_id))
        if registration_id not in keys:
            raise forgotten()
        await _rule(session, case, home, (ruling, caller, keys[registration_id]), office)
    return {"state": "resolved", "municipality": home.id}


async def _rule(
    session: Session,
    case: asyncpg.Record,
    home: Authority,
    said: tuple[Ruling, Caller, DataKey],
    office: Office,
) -> None:
    ruling, caller, key = said
    on, at, authorities = office.today(), office.clock.now(), office.authorities
    region = authorities.region_of(home.id, on)
    before = None if case["contactability"] is None else Contactability(case["contactability"])
    contact = contactability_by_person(case["reason"], before)
    await triage.rule(session, case["registration_id"], on, (home.id, region), contact)
    row = DecisionRow(
        case["registration_id"],
        on,
        at,
        "resolved",
        ResolvedReason.DECIDED_BY_PERSON,
        decided_by=caller.name,
        municipality=home.id,
        region=region,
        health_council=authorities.health_council_of(home.id, on),
        acting=authorities.acting_for(home, on),
        note=key.seal(personal.NOTE, personal.Note(ruling.reason)),
    )
    await decisions.add_decisions(session, [row])
    sealed = None if case["recipient"] is None else Sealed(case["recipient"])
    known = (contact, case["digital_post"], case["letter_allowed"], sealed)
    await outbox.emit(session, [events.resolved_by_person(about(case), on, (home.id, region), known, at)])


def _home(office: Office, code: AuthorityId) -> Authority:
    on = office.today()
    found = home_of(code, office.authorities, on)
    if found is None:
        reason = f"no municipality of that code on {on.isoformat()}"
        raise Problem(
            422,
            "There is no such home authority.",
            errors=[("municipality", reason)],
            code="unknown-authority",
        )
    return found
