"""HTTP in: waves from draft to completion, and the contacts of an incident by state."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from contracts.events.ids import AUTHORITY_CODE, AuthorityId, IncidentId, WaveId
from contracts.events.outreach import WaveDrafted
from contracts.events.vocabulary import Role
from contracts.wire.error_codes import ErrorCode
from contracts.wire.errors import FieldError
from kit.database import outbox
from kit.database.database import Database, Session
from kit.http.web import Problem, WithCaller
from kit.runtime.clock import Clock
from kit.runtime.ids import new_id
from kit.runtime.loops import Loop
from services.outreach.domain.snapshot import SEPARATOR, Scope
from services.outreach.domain.wave import WaveState
from services.outreach.domain.window import day_begins
from services.outreach.plans.files import from_text
from services.outreach.store import contacts, people, wave_previews, waves
from services.outreach.store.wave_previews import WaveMember
from services.outreach.store.waves import Wave
from services.outreach.use_cases import change_wave, preview_wave
from services.outreach.use_cases.find_merged_out import find_merged_out

PAGE = 100  # members
MOST_FLAWS = 100  # errors in one answer
MOST_NAMED = 10_000  # for more people, select by role or municipality


class Selection(BaseModel):
    """Who a wave contacts. Empty: everybody registered at the incident."""

    model_config = ConfigDict(extra="forbid")

    roles: tuple[Role, ...] = ()
    municipalities: tuple[Annotated[AuthorityId, Field(pattern=AUTHORITY_CODE)], ...] = ()
    registrations: tuple[UUID, ...] = Field((), max_length=MOST_NAMED)


class NewWave(BaseModel):
    model_config = ConfigDict(extra="forbid")

    plan: str
    selection: Selection = Selection()
    repeat: bool = False  # contact people again who already got the same message or call


class Approval(BaseModel):
    model_config = ConfigDict(extra="forbid")

    frozen_hash: str = Field(pattern=r"^[0-9a-f]{64}$")


def routes(database: Database, clock: Clock, plans: Mapping[str, str], launching: Loop) -> APIRouter:
    """`plans`: the texts by name, as plans.files.load returns them. `launching`: woken by a launch."""
    router = APIRouter(tags=["waves"])
    _add_drafting(router, database, clock, plans)
    _add_actions(router, database, clock, launching)
    _add_reading(router, database)
    _add_counting(router, database, clock)
    return router


def _add_drafting(router: APIRouter, database: Database, clock: Clock, plans: Mapping[str, str]) -> None:
    @router.post("/incidents/{incident_id}/waves", status_code=201)
    async def draft(incident_id: UUID, new: NewWave, caller: WithCaller) -> dict[str, Any]:
        text = plans.get(new.plan)
        if text is None:
            raise Problem(
                422,
                "Unknown plan. Use the name of an existing plan.",
                errors=[FieldError("plan", ErrorCode.NOT_ALLOWED, values=tuple(plans))],
                code="unknown-plan",
            )
        plan, wave_id = from_text(text), new_id()
        chosen = new.selection
        named = list(dict.fromkeys(chosen.registrations))
        scope = Scope(list(chosen.roles), list(chosen.municipalities), named, new.repeat)
        async with database.transaction() as session:
            incident = await change_wave.load_open_incident(session, incident_id)
            await _check_people(session, incident_id, chosen.registrations)
            at = clock.now()
            await waves.create(
                session, wave_id, incident, (plan.name, plan.version, text), scope, caller.name, at
            )
            drafted = WaveDrafted(
                incident_id=IncidentId(incident_id),
                exercise=incident.exercise,
                wave_id=WaveId(wave_id),
                drafted_at=at,
            )
            await outbox.emit(session, [drafted])
        return {"wave_id": wave_id, "state": WaveState.DRAFT}

    @router.post("/waves/{wave_id}/preview")
    async def preview(wave_id: UUID, caller: WithCaller) -> dict[str, Any]:
        return _wave_body(await preview_wave.preview(database, clock, wave_id, caller.name))


async def _check_people(session: Session, incident_id: UUID, named: Sequence[UUID]) -> None:
    known = await people.find_registered(session, incident_id, named) if named else set()
    unknown = [
        FieldError(f"selection.registrations.{at}", ErrorCode.UNKNOWN)
        for at, who in enumerate(named)
        if who not in known
    ]
    if unknown:
        raise Problem(
            422,
            f"{len(unknown)} of the selected people are not registered at this incident, or not known yet. "
            "Correct the ids, or try again in a moment.",
            errors=unknown[:MOST_FLAWS],
            code="unknown-people",
        )


def _add_actions(router: APIRouter, database: Database, clock: Clock, launching: Loop) -> None:
    @router.post("/waves/{wave_id}/approve")
    async def approve(wave_id: UUID, approval: Approval, caller: WithCaller) -> dict[str, str]:
        async with database.transaction() as session:
            state = await change_wave.approve(session, wave_id, caller.name, approval.frozen_hash, clock)
        return {"state": state}

    @router.post("/waves/{wave_id}/launch")
    async def launch(wave_id: UUID, caller: WithCaller) -> dict[str, str]:
        async with database.transaction() as session:
            state = await change_wave.launch(session, wave_id, caller.name, clock)
        launching.wake()
        return {"state": state}

    @router.post("/waves/{wave_id}/pause")
    async def pause(wave_id: UUID, _caller: WithCaller) -> dict[str, str]:
        async with database.transaction() as session:
            state = await change_wave.pause(session, wave_id, clock)
        return {"state": state}

    @router.post("/waves/{wave_id}/resume")
    async def resume(wave_id: UUID, _caller: WithCaller) -> dict[str, str]:
        async with database.transaction() as session:
            state = await change_wave.resume(session, wave_id, clock)
        return {"state": state}

    @router.post("/waves/{wave_id}/cancel")
    async def cancel(wave_id: UUID, _caller: WithCaller) -> dict[str, str]:
        async with database.transaction() as session:
            state = await change_wave.cancel(session, wave_id, clock)
        return {"state": state}


def _add_reading(router: APIRouter, database: Database) -> None:
    @router.get("/waves/{wave_id}")
    async def wave(wave_id: UUID) -> dict[str, Any]:
        async with database.transaction() as session:
            found = await waves.find(session, wave_id)
        if found is None:
            raise change_wave.unknown_wave()
        return _wave_body(found)

    @router.get("/incidents/{incident_id}/waves")
    async def of_incident(incident_id: UUID) -> list[dict[str, Any]]:
        async with database.transaction() as session:
            await change_wave.load_incident(session, incident_id)
            return [_wave_body(found) for found in await waves.of_incident(session, incident_id)]

    @router.get("/waves/{wave_id}/members")
    async def members(wave_id: UUID, page: Annotated[int, Query(ge=1, le=100_000)] = 1) -> dict[str, Any]:
        async with database.transaction() as session:
            found = await waves.find(session, wave_id)
            if found is None:
                raise change_wave.unknown_wave()
            rows = await wave_previews.load_members(session, wave_id, found.preview, (page - 1) * PAGE, PAGE)
        return {"page": page, "people": found.people or 0, "members": [_member_body(row) for row in rows]}


def _add_counting(router: APIRouter, database: Database, clock: Clock) -> None:
    @router.get("/waves/{wave_id}/undecided")
    async def undecided(wave_id: UUID) -> dict[str, int]:
        """Count the people of the incident without a routing decision since the wave was drafted."""
        async with database.transaction() as session:
            found = await waves.find(session, wave_id)
            if found is None:
                raise change_wave.unknown_wave()
            asked_again = day_begins(found.created_at)
            return {"people": await people.count_undecided(session, found.incident_id, asked_again)}

    @router.get("/waves/{wave_id}/merged-out")
    async def merged_out(wave_id: UUID) -> dict[str, list[UUID]]:
        """List the registrations of people who get nothing from the wave because of a merge.

        A wave to these registrations as selected people contacts them.
        """
        async with database.transaction() as session:
            found = await waves.find(session, wave_id)
            if found is None:
                raise change_wave.unknown_wave()
            return {"registrations": await find_merged_out(session, found, clock.now())}

    @router.get("/incidents/{incident_id}/buckets")
    async def buckets(incident_id: UUID) -> dict[str, Any]:
        """Count the contacts of an incident. Each contact is in one bucket; `total` is their sum."""
        async with database.transaction() as session:
            await change_wave.load_incident(session, incident_id)
            rows = await contacts.count_buckets(session, incident_id)
        return {"total": sum(row.contacts for row in rows), "buckets": rows}


def _member_body(row: WaveMember) -> dict[str, Any]:
    steps = [
        {"channels": channels.split(SEPARATOR) if channels else [], "reason": reason}
        for channels, reason in zip(row.channels, row.reasons, strict=True)
    ]
    return {
        "registration_id": row.registration_id,
        "municipality": row.municipality,
        "excluded": row.excluded,
        "again": row.again,
        "steps": steps,
    }


def _wave_body(wave: Wave) -> dict[str, Any]:
    def moment(at: datetime | None) -> str | None:
        return at.isoformat() if at else None

    return {
        "wave_id": wave.wave_id,
        "incident_id": wave.incident_id,
        "exercise": wave.exercise,
        "state": wave.state,
        "plan": wave.plan,
        "plan_version": wave.plan_version,
        "selection": {
            "roles": wave.roles,
            "municipalities": wave.municipalities,
            "registrations": wave.registrations,
        },
        "repeat": wave.repeat,
        "created_by": wave.created_by,
        "created_at": moment(wave.created_at),
        "previewed_by": wave.previewed_by,
        "previewed_at": moment(wave.previewed_at),
        "frozen_hash": wave.frozen_hash,
        "people": wave.people,
        "planned": wave.planned,
        "again": wave.again,
        "redeciding": wave.redeciding,
        "contacts": wave.contacts,
        "excluded": wave.excluded,
        "omitted": wave.omitted,
        "languages": wave.languages,
        "approved_by": wave.approved_by,
        "approved_at": moment(wave.approved_at),
        "launched_by": wave.launched_by,
        "launched_at": moment(wave.launched_at),
        "ended_at": moment(wave.ended_at),
    }
