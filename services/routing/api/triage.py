"""The triage queue: who waits for a person's decision, and the decision."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import asyncpg
from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from contracts import personal
from contracts.event import Sealed
from contracts.ids import AUTHORITY_CODE, AuthorityId, RegistrationId
from contracts.vocabulary import Contactability
from kit import outbox
from kit.database import Session
from kit.sealing import DataKey
from kit.web import Caller, Problem, WithCaller
from services.routing import events, handing_over
from services.routing.api.office import Office, WithOffice, about, forgotten, home_named, standing
from services.routing.domain.authority import Authority
from services.routing.domain.clocks import Deadlines
from services.routing.domain.outcome import ResolvedReason
from services.routing.domain.reasons import NOBODY_TO_ADDRESS, Language
from services.routing.domain.triage import Queue, contactability_by_person, nobody_to_address
from services.routing.domain.unknown import warnings
from services.routing.events import Responsibility
from services.routing.store import decisions, home_cases, scenes, triage
from services.routing.store.decisions import DecisionRow

router = APIRouter(tags=["triage"])
_LONGEST_LIST = 2000
_COUNTED = ("cases", "overdue", "unowned")


class Ruling(BaseModel):
    """What a person decides about a home authority, and why."""

    model_config = ConfigDict(extra="forbid")

    municipality: AuthorityId = Field(pattern=AUTHORITY_CODE)
    reason: Annotated[str, StringConstraints(strip_whitespace=True, min_length=3, max_length=500)]


class Assignment(BaseModel):
    """Who takes care of it: a person's or a team's name."""

    model_config = ConfigDict(extra="forbid")

    to: Annotated[str, StringConstraints(strip_whitespace=True, min_length=2, max_length=100)]


@router.get("/incidents/{incident_id}/triage")
async def queue(
    incident_id: UUID,
    office: WithOffice,
    limit: Annotated[int, Query(ge=1, le=_LONGEST_LIST)] = _LONGEST_LIST,
) -> list[dict[str, Any]]:
    async with office.database.transaction() as session:
        rows = await triage.triage(session, incident_id, limit)
        return [_shown(row, office.rules.deadlines, session.now) for row in rows]


@router.get("/incidents/{incident_id}/triage/counts")
async def counts(incident_id: UUID, office: WithOffice) -> dict[str, Any]:
    """Give each queue with how many cases wait in it, are overdue, and are nobody's.

    `warnings`: what to mend in the incident.
    """
    async with office.database.transaction() as session:
        rows = await triage.counts(session, incident_id, office.rules.deadlines)
        scene = await scenes.scene(session, incident_id)
    queues = {row["queue"]: {name: row[name] for name in _COUNTED} for row in rows}
    sums = {name: sum(queue[name] for queue in queues.values()) for name in _COUNTED}
    return sums | {"queues": queues, "warnings": warnings(scene, office.authorities)}


@router.post("/triage/{registration_id}/assign")
async def assign(
    registration_id: RegistrationId, body: Assignment, caller: WithCaller, office: WithOffice
) -> dict[str, Any]:
    """Name who takes care of the case for as long as it is in this queue."""
    async with office.database.transaction() as session:
        case = standing(await triage.lock_queued(session, registration_id))
        if case["queue"] is None:
            raise Problem(
                409, "The case is in no triage queue: there is nothing to assign.", code="not-queued"
            )
        await triage.assign(session, case, body.to, caller.name)
        return {"queue": case["queue"], "owner": body.to, "assigned_at": session.now}


@router.post("/triage/{registration_id}/resolve")
async def resolve(
    registration_id: RegistrationId, ruling: Ruling, caller: WithCaller, office: WithOffice
) -> dict[str, Any]:
    home = home_named(office, ruling.municipality)
    keys = await office.keyring.read([registration_id])
    async with office.database.transaction() as session:
        case = standing(await home_cases.lock_case(session, registration_id))
        if registration_id not in keys:
            raise forgotten()
        await _rule(session, case, home, (ruling, caller, keys[registration_id]), office)
    return {"state": "resolved", "municipality": home.id, "warnings": _warnings(case)}


async def _rule(
    session: Session,
    case: asyncpg.Record,
    home: Authority,
    said: tuple[Ruling, Caller, DataKey],
    office: Office,
) -> None:
    ruling, caller, key = said
    on, at, authorities = office.today(), office.clock.now(), office.authorities
    acting = authorities.acting_for(home, on)
    covered_by = authorities.covered_by(home.id, on)
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
        acting=acting,
        covered_by=covered_by,
        note=key.seal(personal.NOTE, personal.Note(ruling.reason)),
    )
    await decisions.add_decisions(session, [row])
    sealed = None if case["recipient"] is None else Sealed(case["recipient"])
    known = (contact, case["digital_post"], case["letter_allowed"], sealed)
    responsible = Responsibility(on, home.id, region, acting or home.id, covered_by)
    await outbox.emit(session, [events.resolved_by_person(about(case), responsible, known, at)])
    await handing_over.follow(session, [row], at, office.rules.terms, authorities.successors(on))


def _warnings(case: asyncpg.Record) -> list[dict[Language, str]]:
    """Tell what the decision does not bring about; in every language, as everywhere."""
    known = case["recipient"] is not None
    if not nobody_to_address(case["age_band"], [case["reason"]], recipient_known=known):
        return []
    return [{language: NOBODY_TO_ADDRESS(language) for language in Language}]


def _shown(row: asyncpg.Record, deadlines: Deadlines, now: datetime) -> dict[str, Any]:
    due_at = deadlines.due_at(Queue(row["queue"]), row["since"])
    return dict(row) | {"due_at": due_at, "overdue": due_at <= now}
