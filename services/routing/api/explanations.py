"""Explain in sentences why an authority is responsible for a person on a date."""

from typing import Annotated, Any, TypeVar

import msgspec
from fastapi import APIRouter, Depends, Query

from contracts.events import personal
from contracts.events.audit import PersonalDataSeen
from contracts.events.ids import RegistrationId
from contracts.rules.identity import IdentitySystem
from contracts.wire.sealed import FieldSet, Personal
from kit.database import outbox
from kit.http.timestamps import Day
from kit.http.web import Caller, WithCaller
from kit.privacy.sealing import DataKey, Unopenable
from services.routing.api.dependencies import Dependencies, WithDependencies, unknown_registration
from services.routing.domain.disclosure import PersonFacts, is_address_masked
from services.routing.domain.explanation import CaseHistory, Explanation, PastDecision, explain
from services.routing.domain.period import day_of
from services.routing.domain.reasons import CONSENT_COVERS_NOBODY, NOBODY_TO_ADDRESS, ExplanationLanguage
from services.routing.domain.triage import lacks_recipient
from services.routing.domain.unknown_authority import DisclosureObstacle, disclosure_obstacle, incident_advice
from services.routing.i18n.languages import LANGUAGES
from services.routing.store import decisions, home_cases, incident_authorities, person_state
from services.routing.store.decisions import ListedDecision
from services.routing.store.home_cases import CaseState

router = APIRouter(tags=["decisions"])
T = TypeVar("T", bound=Personal)


_KNOWN = f"^({'|'.join(LANGUAGES)})$"


def _language(language: Annotated[str, Query(pattern=_KNOWN)] = "da") -> ExplanationLanguage:
    return LANGUAGES[language]


@router.get("/registrations/{registration_id}/explanation")
async def explanation(
    registration_id: RegistrationId,
    caller: WithCaller,
    deps: WithDependencies,
    language: Annotated[ExplanationLanguage, Depends(_language)],
    on: Day | None = None,
) -> dict[str, Any]:
    """Explain the decision for `on` (default: today). Opening sealed data is recorded first."""
    keys = await deps.keyring.read([registration_id])
    async with deps.database.transaction() as session:
        case = await home_cases.find_case(session, registration_id)
        if case is None:
            raise unknown_registration()
        rows = await decisions.list_decisions(session, registration_id)
        told = await person_state.load_facts(session, registration_id)
        scene = await incident_authorities.load_incident(session, case.incident_id)
        await outbox.emit(session, [_data_seen(case, caller, deps)])
    key = keys.get(registration_id)
    known = _case_history(case, rows, key)
    found = _as_json(explain(known, deps.authorities, on or deps.today(), language), known, deps)
    wrong = (*incident_advice(scene, deps.authorities, language), *_consent_warnings(told, deps, language))
    sentences = (*found["sentences"], *_custody_warnings(case, rows, language), *wrong)
    return found | {"sentences": sentences, "address_masked": _is_address_masked(case, key)}


def _consent_warnings(facts: PersonFacts, deps: Dependencies, language: ExplanationLanguage) -> list[str]:
    """Warn that nothing can be disclosed if the consent names only unknown authorities."""
    consent = facts.ledger.unwithdrawn_consent()
    found = disclosure_obstacle(facts.ledger, deps.authorities, deps.clock.now())
    if consent is None or found is not DisclosureObstacle.NAMES_UNKNOWN:
        return []
    return [CONSENT_COVERS_NOBODY(language, codes=", ".join(consent.authorities))]


def _custody_warnings(
    case: CaseState, rows: list[ListedDecision], language: ExplanationLanguage
) -> list[str]:
    """Warn about a decided child whom no wave can contact because the custody holders are unknown."""
    by_rule = next((row for row in reversed(rows) if row.decided_by is None), None)
    doubts = by_rule.doubts if by_rule else ()
    known = case.recipient is not None or case.state not in {"resolved", "triage"}
    unaddressed = lacks_recipient(case.age_band, doubts, recipient_known=known)
    return [NOBODY_TO_ADDRESS(language)] if unaddressed else []


def _is_address_masked(case: CaseState, key: DataKey | None) -> bool:
    """Return whether the address is masked: it is protected, or the register has not answered yet."""
    recipient = _open(key, personal.RECIPIENT, case.recipient, personal.Recipient)
    identity = _open(key, personal.IDENTITY, case.identity, personal.Identity)
    numbers = identity.identifiers if identity else ()
    unread = identity is None and case.identity is not None
    numbered = unread or any(number.system == IdentitySystem.CPR for number in numbers)
    return key is None or is_address_masked(recipient, numbered=numbered)


def _case_history(case: CaseState, rows: list[ListedDecision], key: DataKey | None) -> CaseHistory:
    recipient = _open(key, personal.RECIPIENT, case.recipient, personal.Recipient)
    status = recipient.register_status if recipient else None
    return CaseHistory(case.state, tuple(_past_decision(row, key) for row in rows), status)


def _past_decision(row: ListedDecision, key: DataKey | None) -> PastDecision:
    note = _open(key, personal.NOTE, row.note, personal.Note)
    return PastDecision(
        on=row.on_date,
        decided_on=day_of(row.decided_at),
        reason=row.reason,
        municipality=row.municipality,
        region=row.region,
        by=row.decided_by,
        note=note.text if note else None,
        candidates=tuple(row.candidates),
        doubts=tuple(row.doubts),
    )


def _open(key: DataKey | None, field_set: FieldSet, sealed: bytes | None, kind: type[T]) -> T | None:
    if key is None or sealed is None:
        return None
    try:
        return key.open(field_set, sealed, kind)
    except (Unopenable, msgspec.MsgspecError):
        return None


def _as_json(found: Explanation, known: CaseHistory, deps: Dependencies) -> dict[str, Any]:
    def named(authority: str | None) -> str | None:
        return deps.authorities.name_of(authority, found.on) if authority else None

    municipality = found.home.municipality if found.home else None
    region = found.home.region if found.home else None
    return {
        "on": found.on,
        "state": known.state,
        "municipality": municipality,
        "municipality_name": named(municipality),
        "region": region,
        "region_name": named(region),
        "health_council": found.health_council,
        "acting": found.acting,
        "decisions": len(known.decisions),
        "sentences": found.sentences,
    }


def _data_seen(case: CaseState, caller: Caller, deps: Dependencies) -> PersonalDataSeen:
    return PersonalDataSeen(
        incident_id=case.incident_id,
        exercise=case.exercise,
        registration_id=case.registration_id,
        actor=caller.name,
        field_sets=(personal.IDENTITY, personal.RECIPIENT, personal.NOTE),
        purpose="explanation",
        seen_at=deps.clock.now(),
    )
