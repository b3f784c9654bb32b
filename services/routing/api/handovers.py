"""Handovers to home authorities: offers, replies, overdue steps."""

from datetime import datetime, timedelta
from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from contracts.events import personal
from contracts.events.ids import AUTHORITY_CODE, AuthorityId
from contracts.events.vocabulary import RefusalReason
from contracts.wire.error_codes import ErrorCode
from contracts.wire.errors import FieldError
from kit.database.database import Session
from kit.http.timestamps import Timestamp
from kit.http.web import Problem, WithCaller
from services.routing.api.dependencies import (
    Dependencies,
    WithDependencies,
    person_erased,
    require_home_authority,
)
from services.routing.domain.authority import AuthorityKind
from services.routing.domain.deadlines import late_step
from services.routing.domain.handover import HandoverState, HandoverStatus
from services.routing.domain.handover_reply import HandoverReply, ReplyEffect, reply_effect
from services.routing.domain.unknown_authority import disclosure_obstacle, incident_warnings
from services.routing.i18n.languages import LANGUAGES
from services.routing.store import (
    handover_lists,
    handover_replies,
    home_cases,
    incident_authorities,
    person_state,
)
from services.routing.store.handover_lists import HandoverSelection, ListedHandover, PersonNotOffered
from services.routing.store.handover_replies import HandoverRow
from services.routing.use_cases import reply_to_handover
from services.routing.use_cases.reply_to_handover import HandoverRefusal

router = APIRouter(tags=["handovers"])
_LONGEST_LIST: Final = 2000
_SKEW: Final = timedelta(minutes=5)
_SHOWN: Final = (
    "handover_id", "registration_id", "exercise", "authority", "municipality", "state", "offered_at",
    "answer_by", "accepted_at", "contact_by", "first_contact_at", "refused_at", "refusal", "escalated_at",
    "called_off_at", "call_off", "do_not_contact", "succeeds",
    "relative_died_at",
)  # fmt: skip
Limit = Annotated[int, Query(ge=1, le=_LONGEST_LIST)]
Words = Annotated[str, StringConstraints(strip_whitespace=True, min_length=3, max_length=500)]


class AuthorityBody(BaseModel):
    model_config = ConfigDict(extra="forbid")

    authority: Annotated[AuthorityId, StringConstraints(min_length=1, max_length=40)]


class RefusalBody(BaseModel):
    model_config = ConfigDict(extra="forbid")

    reason: RefusalReason
    why: Words
    municipality: AuthorityId | None = Field(
        default=None, pattern=AUTHORITY_CODE
    )  # the authority suggested instead


class ContactBody(BaseModel):
    model_config = ConfigDict(extra="forbid")

    at: Timestamp | None = None


@router.get("/incidents/{incident_id}/handovers")
async def list_handovers(
    incident_id: UUID,
    deps: WithDependencies,
    state: HandoverStatus | HandoverState | None = None,
    authority: str | None = None,
    region: str | None = None,
    limit: Limit = _LONGEST_LIST,
) -> list[dict[str, Any]]:
    """List the offers, and the people without an offer (state not_passed_on or restricted)."""
    asked = None if authority is None else deps.answering_for(authority)
    wanted = HandoverSelection(state, asked, None if region is None else _municipalities_of(region, deps))
    async with deps.database.transaction() as session:
        rows = await handover_lists.list_handovers(session, incident_id, wanted, limit)
        stuck = await handover_lists.list_not_offered(session, incident_id, wanted, limit)
    return [
        *(handover_as_json(row, deps) for row in rows),
        *(_not_offered_as_json(row, deps) for row in stuck),
    ][:limit]


@router.get("/incidents/{incident_id}/handovers/counts")
async def counts(incident_id: UUID, deps: WithDependencies) -> dict[str, Any]:
    """Count each person in exactly one state. `warnings`: what to correct in the incident."""
    async with deps.database.transaction() as session:
        found = await handover_lists.count_by_status(session, incident_id)
        scene = await incident_authorities.load_incident(session, incident_id)
    return {
        "total": sum(found.values()),
        "states": dict.fromkeys(HandoverStatus, 0) | found,
        "warnings": incident_warnings(scene, deps.authorities, LANGUAGES),
    }


@router.post("/incidents/{incident_id}/handovers/accept")
async def accept_all(
    incident_id: UUID, body: AuthorityBody, caller: WithCaller, deps: WithDependencies
) -> dict[str, Any]:
    """Accept up to 2000 offers of one authority. `left`: the number that a further call accepts."""
    authority = deps.answering_for(body.authority)
    async with deps.database.transaction() as session:
        rows = await handover_replies.lock_offered(session, incident_id, authority, _LONGEST_LIST)
        if rows:
            at = handover_replies.not_before_last(rows, await session.read_time(deps.clock))
            await reply_to_handover.accept_handovers(session, rows, caller.name, at, deps.deadlines.handovers)
        left = await handover_lists.count_offered(session, incident_id, authority)
    return {"authority": authority, "accepted": len(rows), "left": left}


@router.post("/handovers/{handover_id}/accept")
async def accept(handover_id: UUID, caller: WithCaller, deps: WithDependencies) -> dict[str, Any]:
    """Accept the handover. A repeated call has no effect."""
    async with deps.database.transaction() as session:
        row = await _lock(session, handover_id)
        if _has_effect(HandoverReply.ACCEPT, row):
            at = handover_replies.not_before_last([row], await session.read_time(deps.clock))
            await reply_to_handover.accept_handovers(
                session, [row], caller.name, at, deps.deadlines.handovers
            )
        return await _read_handover(session, handover_id, deps)


@router.post("/handovers/{handover_id}/refuse")
async def refuse(
    handover_id: UUID, body: RefusalBody, caller: WithCaller, deps: WithDependencies
) -> dict[str, Any]:
    """Refuse the handover with a reason; an official then decides again. A repeated call has no effect."""
    note = personal.Note(body.why)
    suggested = None if body.municipality is None else require_home_authority(deps, body.municipality).id
    async with deps.database.transaction() as session:
        owner = await handover_replies.find_registration(session, handover_id)
    keys = await deps.keyring.read([owner] if owner else [])
    async with deps.database.transaction() as session:
        row = await _lock(session, handover_id)
        if _has_effect(HandoverReply.REFUSE, row):
            key = keys.get(row.registration_id)
            if key is None:
                raise person_erased()
            refusal = HandoverRefusal(body.reason, key.seal(personal.NOTE, note), suggested)
            at = handover_replies.not_before_last([row], await session.read_time(deps.clock))
            await reply_to_handover.refuse_handover(session, row, refusal, caller.name, at)
        return await _read_handover(session, handover_id, deps)


@router.post("/handovers/{handover_id}/first-contact")
async def first_contact(
    handover_id: UUID, caller: WithCaller, deps: WithDependencies, body: ContactBody | None = None
) -> dict[str, Any]:
    """Record the first contact with the person. A repeated call has no effect."""
    now = deps.clock.now()
    at = _require_past((body and body.at) or now, now)
    async with deps.database.transaction() as session:
        row = await _lock(session, handover_id)
        if _has_effect(HandoverReply.FIRST_CONTACT, row):
            await reply_to_handover.record_first_contact(session, row, caller.name, at)
        return await _read_handover(session, handover_id, deps)


def _municipalities_of(region: str, deps: Dependencies) -> list[str]:
    on, authorities, region = deps.today(), deps.authorities, deps.answering_for(region)
    homes = authorities.of_kind(AuthorityKind.MUNICIPALITY, on)
    return [home.id for home in homes if authorities.region_of(home.id, on) == region]


async def _lock(session: Session, handover_id: UUID) -> HandoverRow:
    owner = await handover_replies.find_registration(session, handover_id)
    if owner is None:
        raise unknown_handover()
    await home_cases.lock_cases(session, [owner])
    row = await handover_replies.lock_handover(session, handover_id)
    if row is None:
        raise unknown_handover()
    return row


def _has_effect(ask: HandoverReply, row: HandoverRow) -> bool:
    """Return whether the reply changes anything; raise a conflict if it comes too late."""
    found = reply_effect(ask, HandoverState(row.state))
    if found is ReplyEffect.CONFLICT:
        raise Problem(409, _conflict_text(row), code=f"handover-{row.state.replace('_', '-')}")
    return found is ReplyEffect.MADE


def _conflict_text(row: HandoverRow) -> str:
    match HandoverState(row.state):
        case HandoverState.OFFERED:
            return "The case is not accepted yet. Accept it first, then record the first contact."
        case HandoverState.ACCEPTED | HandoverState.CONTACTED:
            return (
                f"The case was accepted at {_moment(row.accepted_at)}. If it belongs to another "
                "authority, choose the home authority in the triage queue."
            )
        case HandoverState.REFUSED:
            return (
                f"The case was refused at {_moment(row.refused_at)} ({row.refusal}). "
                "An official decides again in the triage queue."
            )
        case HandoverState.CALLED_OFF:
            return (
                f"The offer was called off at {_moment(row.called_off_at)} ({row.call_off}). "
                "It can no longer be answered."
            )


def _moment(at: datetime | None) -> str:
    return at.isoformat(timespec="minutes") if at else "an unknown time"


def _require_past(at: datetime, now: datetime) -> datetime:
    if at > now + _SKEW:
        raise Problem(
            422,
            "The first contact cannot be in the future. Correct the time.",
            errors=[FieldError("at", ErrorCode.IN_FUTURE)],
            code="in-the-future",
        )
    return at


async def _read_handover(session: Session, handover_id: UUID, deps: Dependencies) -> dict[str, Any]:
    row = await handover_lists.find_listed(session, handover_id)
    if row is None:
        raise unknown_handover()
    return handover_as_json(row, deps)


def unknown_handover() -> Problem:
    return Problem(404, "Unknown handover. Check its id.", code="unknown-handover")


def handover_as_json(row: ListedHandover, deps: Dependencies) -> dict[str, Any]:
    late = late_step(
        HandoverState(row.state),
        row.answer_by,
        row.contact_by,
        deps.clock.now(),
        do_not_contact=row.do_not_contact,
    )
    region = deps.authorities.region_of(row.municipality, deps.today())
    return {name: getattr(row, name) for name in _SHOWN} | {"region": region, "overdue": late is not None}


def _not_offered_as_json(row: PersonNotOffered, deps: Dependencies) -> dict[str, Any]:
    region = row.municipality and deps.authorities.region_of(row.municipality, deps.today())
    ledger = person_state.read_facts(row).ledger
    stopped = row.status == HandoverStatus.RESTRICTED
    return dict.fromkeys(_SHOWN) | {
        "registration_id": row.registration_id,
        "exercise": row.exercise,
        "authority": row.home,
        "municipality": row.municipality,
        "region": region,
        "state": row.status,
        "hindrance": None if stopped else disclosure_obstacle(ledger, deps.authorities, deps.clock.now()),
        "since": row.status_since,
        "overdue": False,
    }
