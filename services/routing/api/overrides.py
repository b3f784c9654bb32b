"""Decisions of officials: name the responsible authority, or close the case."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from contracts.events import personal
from contracts.events.ids import AUTHORITY_CODE, AuthorityId, RegistrationId
from contracts.events.vocabulary import ClosedReason, Contactability
from contracts.wire.error_codes import ErrorCode
from contracts.wire.errors import FieldError
from kit.database.database import Session
from kit.http.web import Caller, Problem, WithCaller
from kit.privacy.sealing import DataKey
from services.routing import events
from services.routing.api.dependencies import (
    Dependencies,
    WithDependencies,
    person_erased,
    require_active,
    require_home_authority,
)
from services.routing.domain.authority import Authority
from services.routing.domain.outcome import ResolvedReason
from services.routing.domain.override import OverrideOutcome, invalid_field
from services.routing.domain.reasons import NOBODY_TO_ADDRESS
from services.routing.domain.triage import contactability_after_override, lacks_recipient
from services.routing.domain.unknown_authority import IncidentAuthorities
from services.routing.events import Responsibility
from services.routing.i18n.languages import LANGUAGES
from services.routing.store import decisions, home_cases, incident_authorities, triage
from services.routing.store.decisions import DecisionRow
from services.routing.store.home_cases import LockedCase
from services.routing.use_cases import hand_over_cases

router = APIRouter(tags=["triage"])
Words = Annotated[str, StringConstraints(strip_whitespace=True, min_length=3, max_length=500)]
Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=3, max_length=200)]


class OverrideBody(BaseModel):
    """The decision of an official and its reason.

    `municipality`: only for outcome home_authority. `follow_up`: only for outcome foreign_follow_up.
    """

    model_config = ConfigDict(extra="forbid")

    outcome: OverrideOutcome = OverrideOutcome.HOME
    municipality: AuthorityId | None = Field(default=None, pattern=AUTHORITY_CODE)
    follow_up: Name | None = None
    reason: Words

    def note(self) -> personal.Note:
        return personal.Note(f"{self.follow_up}: {self.reason}" if self.follow_up else self.reason)


class _Override:
    """An override of a locked case."""

    def __init__(self, case: LockedCase, ruling: OverrideBody, caller: Caller, key: DataKey) -> None:
        self.case, self.ruling, self.caller = case, ruling, caller
        self.note = key.seal(personal.NOTE, ruling.note())


@router.post("/triage/{registration_id}/resolve")
async def resolve(
    registration_id: RegistrationId, ruling: OverrideBody, caller: WithCaller, deps: WithDependencies
) -> dict[str, Any]:
    if (wrong := invalid_field(ruling.outcome, ruling.municipality, ruling.follow_up)) is not None:
        detail = "The decision is incomplete or contradictory. Nothing was changed. Correct the field."
        raise Problem(422, detail, errors=[wrong], code="incomplete-ruling")
    home = None if ruling.municipality is None else require_home_authority(deps, ruling.municipality)
    keys = await deps.keyring.read([registration_id])
    async with deps.database.transaction() as session:
        case = require_active(await home_cases.lock_case(session, registration_id))
        if registration_id not in keys:
            raise person_erased()
        decided = _Override(case, ruling, caller, keys[registration_id])
        if ruling.outcome is OverrideOutcome.EVENT:
            home = _event_authority(await incident_authorities.load_incident(session, case.incident_id), deps)
        if home is None:
            await _close(session, decided, deps)
            return {"state": "closed", "municipality": None, "warnings": []}
        await _assign_home(session, decided, home, deps)
    return {"state": "resolved", "municipality": home.id, "warnings": _warnings(case)}


def _event_authority(scene: IncidentAuthorities, deps: Dependencies) -> Authority:
    """Return the first existing event authority of the incident, or its successor."""
    current = (deps.authorities.current(code, deps.today()) for code in scene.named)
    found = next((row for row in current if row is not None), None)
    if found is None:
        raise Problem(
            422,
            "None of the incident's event authorities exists. Correct the incident, then decide again.",
            errors=[FieldError("outcome", ErrorCode.EVENT_AUTHORITIES_UNKNOWN)],
            code="unknown-event-authority",
        )
    return found


async def _assign_home(session: Session, decided: _Override, home: Authority, deps: Dependencies) -> None:
    case, on, authorities = decided.case, deps.today(), deps.authorities
    at = await _read_time(session, case, deps)
    by_event = decided.ruling.outcome is OverrideOutcome.EVENT
    reason = ResolvedReason.EVENT_AUTHORITY if by_event else ResolvedReason.DECIDED_BY_PERSON
    acting = authorities.acting_for(home, on)
    covered_by = authorities.covered_by(home.id, on)
    region = authorities.region_of(home.id, on)
    before = None if case.contactability is None else Contactability(case.contactability)
    contact = contactability_after_override(case.reason, before)
    await triage.write_override(
        session, case.registration_id, on, (home.id, region), contact, by_event=by_event
    )
    row = DecisionRow(
        case.registration_id,
        on,
        at,
        "resolved",
        reason,
        decided_by=decided.caller.name,
        municipality=home.id,
        region=region,
        health_council=authorities.health_council_of(home.id, on),
        acting=acting,
        covered_by=covered_by,
        note=decided.note,
        died=False,  # naming an authority for follow-up says that the register is wrong about a death
    )
    await decisions.add_decisions(session, [row])
    known = (contact, case.digital_post, case.letter_allowed, case.recipient)
    responsible = Responsibility(on, home.id, region, acting or home.id, covered_by, reason)
    event = events.home_authority_resolved_without_register(case, responsible, known, at)
    await hand_over_cases.follow_decisions(
        session, [row], [event], at, deps.deadlines.handovers, authorities.successors(on)
    )


async def _read_time(session: Session, case: LockedCase, deps: Dependencies) -> datetime:
    at = await session.read_time(deps.clock)
    return await decisions.not_before_last(session, [case.registration_id], at)


async def _close(session: Session, decided: _Override, deps: Dependencies) -> None:
    case, on = decided.case, deps.today()
    at = await _read_time(session, case, deps)
    why, registration_id = ClosedReason(decided.ruling.outcome), case.registration_id
    before = case.contactability
    contact = Contactability.OPEN if before is None else Contactability(before)
    await triage.write_closure(session, registration_id, on)
    row = DecisionRow(
        registration_id, on, at, "closed", why, decided_by=decided.caller.name, note=decided.note
    )
    await decisions.add_decisions(session, [row])
    event = events.case_closed(case, on, why, contact, at)
    successors = deps.authorities.successors(on)
    await hand_over_cases.follow_decisions(session, [row], [event], at, deps.deadlines.handovers, successors)


def _warnings(case: LockedCase) -> list[dict[str, str]]:
    """Return warnings about what the decision does not solve, in every language."""
    known = case.recipient is not None
    if not lacks_recipient(case.age_band, [case.reason], recipient_known=known):
        return []
    return [{code: NOBODY_TO_ADDRESS(language) for code, language in LANGUAGES.items()}]
