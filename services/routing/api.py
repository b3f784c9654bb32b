"""HTTP in: authorities of a date, the triage queue, a person's decision, and where everybody is."""

from datetime import date
from typing import Annotated, Any
from uuid import UUID

import asyncpg
from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from contracts import personal
from contracts.audit import PersonalDataSeen
from contracts.event import Sealed
from contracts.ids import AuthorityId, IncidentId, RegistrationId
from contracts.vocabulary import Contactability
from kit import outbox
from kit.clock import Clock
from kit.database import Database, Session
from kit.keyring import Keyring
from kit.sealing import DataKey, Unopenable
from kit.web import Caller, Problem, WithCaller
from services.routing import events, store
from services.routing.domain.authority import Authorities, Authority, Kind
from services.routing.domain.outcome import ResolvedReason
from services.routing.domain.ruling import home_of
from services.routing.domain.triage import contactability_by_person
from services.routing.events import About
from services.routing.store import DecisionRow
from services.routing.working import today

_LONGEST_LIST = 2000
BUCKETS = ("waiting", "register_away", "resolved", "triage", "forgotten")


class Ruling(BaseModel):
    """What a person decides about a home authority, and why."""

    model_config = ConfigDict(extra="forbid")

    municipality: AuthorityId = Field(pattern=r"^\d{4}$")
    reason: Annotated[str, StringConstraints(strip_whitespace=True, min_length=3, max_length=500)]


def routes(database: Database, keyring: Keyring, authorities: Authorities, clock: Clock) -> APIRouter:
    router = APIRouter(tags=["routing"])
    _authorities(router, authorities, clock)
    _incidents(router, database)
    _deciding(router, database, keyring, authorities, clock)
    _decided(router, database, keyring, clock)
    return router


def _authorities(router: APIRouter, authorities: Authorities, clock: Clock) -> None:
    @router.get("/authorities")
    async def on_a_date(on: date | None = None) -> list[dict[str, Any]]:
        day = on or today(clock)
        return [
            {"id": row.id, "name": row.name, "kind": row.kind, "region": authorities.region_of(row.id, day)}
            for kind in Kind
            for row in authorities.of_kind(kind, day)
        ]


def _incidents(router: APIRouter, database: Database) -> None:
    @router.get("/incidents/{incident_id}/triage")
    async def triage(
        incident_id: UUID, limit: Annotated[int, Query(ge=1, le=_LONGEST_LIST)] = _LONGEST_LIST
    ) -> list[dict[str, Any]]:
        async with database.transaction() as session:
            return [dict(row) for row in await store.triage(session, incident_id, limit)]

    @router.get("/incidents/{incident_id}/buckets")
    async def buckets(incident_id: UUID) -> dict[str, Any]:
        """Every person in exactly one bucket: `total` is their sum."""
        async with database.transaction() as session:
            found = await store.buckets(session, incident_id)
        return {"total": sum(found.values()), "buckets": dict.fromkeys(BUCKETS, 0) | found}


def _deciding(
    router: APIRouter, database: Database, keyring: Keyring, authorities: Authorities, clock: Clock
) -> None:
    @router.post("/triage/{registration_id}/resolve")
    async def resolve(registration_id: RegistrationId, ruling: Ruling, caller: WithCaller) -> dict[str, Any]:
        home = _home(authorities, ruling.municipality, today(clock))
        keys = await keyring.read([registration_id])
        async with database.transaction() as session:
            case = _standing(await store.lock_case(session, registration_id))
            if registration_id not in keys:
                raise _forgotten()
            await _rule(session, case, home, authorities, (ruling, caller, keys[registration_id]), clock)
        return {"state": "resolved", "municipality": home.id}


async def _rule(
    session: Session,
    case: asyncpg.Record,
    home: Authority,
    authorities: Authorities,
    said: tuple[Ruling, Caller, DataKey],
    clock: Clock,
) -> None:
    ruling, caller, key = said
    on, at = today(clock), clock.now()
    region = authorities.region_of(home.id, on)
    before = None if case["contactability"] is None else Contactability(case["contactability"])
    contact = contactability_by_person(case["reason"], before)
    await store.rule(session, case["registration_id"], on, home.id, contact)
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
    await store.add_decisions(session, [row])
    sealed = None if case["recipient"] is None else Sealed(case["recipient"])
    known = (contact, case["digital_post"], case["letter_allowed"], sealed)
    await outbox.emit(session, [events.resolved_by_person(_about(case), on, (home.id, region), known, at)])


def _decided(router: APIRouter, database: Database, keyring: Keyring, clock: Clock) -> None:
    @router.get("/registrations/{registration_id}/decisions")
    async def decisions(registration_id: RegistrationId, caller: WithCaller) -> list[dict[str, Any]]:
        """Give every decision, the oldest first. That an official's words are opened is on record before."""
        keys = await keyring.read([registration_id])
        async with database.transaction() as session:
            case = await store.find_case(session, registration_id)
            if case is None:
                raise _unknown()
            rows = await store.decisions(session, registration_id)
            if any(row["note"] for row in rows):
                await outbox.emit(session, [_seen(case, caller, clock)])
        return [_decision(row, keys.get(registration_id)) for row in rows]


def _decision(row: asyncpg.Record, key: DataKey | None) -> dict[str, Any]:
    return {
        "on": row["on_date"],
        "outcome": row["outcome"],
        "municipality": row["municipality"],
        "region": row["region"],
        "health_council": row["health_council"],
        "acting": row["acting"],
        "reason": _words(row["note"], key) or row["reason"],
        "candidates": row["candidates"],
        "doubts": row["doubts"],
        "decided_at": row["decided_at"],
        "by": row["decided_by"],
    }


def _words(note: bytes | None, key: DataKey | None) -> str | None:
    if note is None or key is None:
        return None
    try:
        return key.open(personal.NOTE, note, personal.Note).text
    except Unopenable:
        return None


def _home(authorities: Authorities, code: AuthorityId, on: date) -> Authority:
    found = home_of(code, authorities, on)
    if found is None:
        reason = f"no municipality of that code on {on.isoformat()}"
        raise Problem(
            422,
            "There is no such home authority.",
            errors=[("municipality", reason)],
            code="unknown-authority",
        )
    return found


def _standing(case: asyncpg.Record | None) -> asyncpg.Record:
    if case is None:
        raise _unknown()
    if case["state"] == "forgotten":
        raise _forgotten()
    return case


def _unknown() -> Problem:
    return Problem(404, "Routing knows no registration of that id.", code="unknown-registration")


def _forgotten() -> Problem:
    return Problem(409, "The person has been forgotten; there is nothing to decide.", code="forgotten")


def _about(case: asyncpg.Record) -> About:
    return About(
        IncidentId(case["incident_id"]), RegistrationId(case["registration_id"]), exercise=case["exercise"]
    )


def _seen(case: asyncpg.Record, caller: Caller, clock: Clock) -> PersonalDataSeen:
    return PersonalDataSeen(
        incident_id=case["incident_id"],
        exercise=case["exercise"],
        registration_id=case["registration_id"],
        actor=caller.name,
        field_sets=(personal.NOTE,),
        purpose="decisions",
        seen_at=clock.now(),
    )
