"""Decide the home authority: by the register, else by the given addresses, else an official decides."""

from collections.abc import Sequence
from datetime import date
from typing import assert_never

from contracts.events import personal
from contracts.events.ids import AuthorityId
from contracts.events.vocabulary import AgeBand, Contactability
from services.routing.domain.address_match import (
    NoMunicipality,
    SeveralMunicipalities,
    SingleMunicipality,
    match_addresses,
)
from services.routing.domain.authority import Authorities, AuthorityKind
from services.routing.domain.identity_lookup import (
    Answers,
    NoNumber,
    PendingLookUps,
    SeveralPeople,
    birth_date,
    person_answer,
)
from services.routing.domain.outcome import (
    AmbiguousHome,
    Decision,
    DecisionDoubt,
    PersonFindings,
    RecipientRelation,
    Recipients,
    ResolvedHome,
    ResolvedReason,
    UnknownHome,
    UnknownReason,
)
from services.routing.domain.recipient import (
    ConsentingGuardian,
    RecipientQuery,
    is_child,
    missing_answers,
    recipient_query,
    recipients,
)
from services.routing.domain.register_entry import CprStatus, RegisterAnswer

_SUPPRESSED = (
    None,
    CprStatus.ANNULLED,
    CprStatus.DELETED,
    CprStatus.CHANGED,
    CprStatus.MISSING,
    CprStatus.DEAD,
)
_NOT_BY_ADDRESS = {
    CprStatus.ADMINISTRATIVE: UnknownReason.ADMINISTRATIVE_NUMBER,
    CprStatus.ANNULLED: UnknownReason.NUMBER_ANNULLED,
    CprStatus.DELETED: UnknownReason.NUMBER_WITHOUT_SUCCESSOR,
    CprStatus.CHANGED: UnknownReason.NUMBER_WITHOUT_SUCCESSOR,
    CprStatus.EMIGRATED: UnknownReason.EMIGRATED,
}
_WITHOUT_MUNICIPALITY = {
    CprStatus.GREENLAND: UnknownReason.GREENLAND,
    CprStatus.GREENLAND_NO_FIXED_ADDRESS: UnknownReason.GREENLAND,
    CprStatus.MISSING: UnknownReason.MISSING,
    CprStatus.DEAD: UnknownReason.DEAD,
}
_NOBODY = Recipients(RecipientRelation.SELF)


def required_look_ups(
    identity: personal.Identity | None,
    answers: Answers,
    on: date,
    age_band: AgeBand = AgeBand.UNKNOWN,
) -> tuple[str, ...]:
    """Return the CPR numbers to look up next. Call again with the answers until it is empty."""
    found = person_answer(identity, answers, on)
    match found:
        case RegisterAnswer():
            return missing_answers(_recipient_query(found, identity, age_band, on), answers)
        case PendingLookUps(cprs):
            return cprs
        case NoNumber() | SeveralPeople():
            return ()
        case _:
            assert_never(found)


def resolve(
    identity: personal.Identity | None,
    addresses: Sequence[personal.Address],
    answers: Answers,
    authorities: Authorities,
    on: date,
    age_band: AgeBand = AgeBand.UNKNOWN,
    *,
    consenting: ConsentingGuardian | None = None,
) -> Decision:
    """Decide the home authority. Never raises. `answers`: the register's answers by number.

    A required number without an answer gives UnknownHome(REGISTER_PENDING).
    """
    place = match_addresses(addresses, authorities, on)
    found = person_answer(identity, answers, on)
    match found:
        case RegisterAnswer():
            relation = _recipient_query(found, identity, age_band, on)
            return _by_register(found, relation, consenting, answers, place, authorities, on)
        case NoNumber():
            person = _findings_of_unregistered(identity, addresses, age_band, found.doubt, on)
            return _by_addresses(_with_better_reason(found.doubt, place), person, authorities, on)
        case SeveralPeople():
            return _not_yet_known(UnknownReason.SEVERAL_PEOPLE, place, on)
        case PendingLookUps():
            return _not_yet_known(UnknownReason.REGISTER_PENDING, place, on)
        case _:
            assert_never(found)


def _by_register(
    answer: RegisterAnswer,
    relation: RecipientQuery,
    consenting: ConsentingGuardian | None,
    answers: Answers,
    place: SingleMunicipality | SeveralMunicipalities | NoMunicipality,
    authorities: Authorities,
    on: date,
) -> Decision:
    if missing_answers(relation, answers):
        return _not_yet_known(UnknownReason.REGISTER_PENDING, place, on)
    addressed, doubt = recipients(answer, relation, answers, on, consenting)
    person = _findings_of_registered(answer, addressed, doubt, on)
    if answer.status is None:
        return UnknownHome(on, UnknownReason.REGISTER_INCOMPLETE, _suggestions(place), person)
    if answer.status in _NOT_BY_ADDRESS:
        return UnknownHome(on, _NOT_BY_ADDRESS[answer.status], _suggestions(place), person)
    return _by_municipality(answer, answer.status, person, place, authorities, on)


def _by_municipality(
    answer: RegisterAnswer,
    status: CprStatus,
    person: PersonFindings,
    place: SingleMunicipality | SeveralMunicipalities | NoMunicipality,
    authorities: Authorities,
    on: date,
) -> Decision:
    row = authorities.current(answer.municipality, on) if answer.municipality else None
    if row is not None and row.kind is AuthorityKind.GREENLAND:
        return UnknownHome(on, UnknownReason.GREENLAND, (), person)  # no authority there can be chosen
    if row is None or row.kind not in {AuthorityKind.MUNICIPALITY, AuthorityKind.STATE}:
        without = (
            UnknownReason.MUNICIPALITY_UNKNOWN if answer.municipality else UnknownReason.REGISTER_INCOMPLETE
        )
        return UnknownHome(on, _WITHOUT_MUNICIPALITY.get(status, without), _suggestions(place), person)
    if status in {CprStatus.GREENLAND, CprStatus.GREENLAND_NO_FIXED_ADDRESS}:
        return UnknownHome(on, UnknownReason.GREENLAND, (row.id,), person)
    return resolve_home(row.id, _register_reason(answer, status), person, authorities, on)


def _register_reason(answer: RegisterAnswer, status: CprStatus) -> ResolvedReason:
    if status in {CprStatus.DEAD, CprStatus.MISSING}:
        return ResolvedReason.REGISTER_LAST_KNOWN
    return ResolvedReason.REGISTER_NO_FIXED_ADDRESS if answer.no_fixed_address() else ResolvedReason.REGISTER


def _by_addresses(
    place: SingleMunicipality | SeveralMunicipalities | NoMunicipality,
    person: PersonFindings,
    authorities: Authorities,
    on: date,
) -> Decision:
    match place:
        case SingleMunicipality(municipality, reason):
            return resolve_home(municipality, reason, person, authorities, on)
        case SeveralMunicipalities(candidates, several):
            regions = {authorities.region_of(code, on) for code in candidates}
            region = regions.pop() if len(regions) == 1 else None
            return AmbiguousHome(on, candidates, region, several, person)
        case NoMunicipality(nowhere, suggestions):
            return UnknownHome(on, nowhere, suggestions, person)
        case _:
            assert_never(place)


def resolve_home(
    municipality: AuthorityId,
    reason: ResolvedReason,
    person: PersonFindings,
    authorities: Authorities,
    on: date,
) -> ResolvedHome:
    row = authorities.on(municipality, on)
    return ResolvedHome(
        on=on,
        municipality=municipality,
        region=authorities.region_of(municipality, on),
        health_council=authorities.health_council_of(municipality, on),
        acting=authorities.acting_for(row, on) if row else None,
        reason=reason,
        person=person,
        covered_by=authorities.covered_by(municipality, on),
    )


def _findings_of_registered(
    answer: RegisterAnswer, addressed: Recipients, doubt: DecisionDoubt | None, on: date
) -> PersonFindings:
    suppressed = answer.status in _SUPPRESSED
    return PersonFindings(
        recipients=_NOBODY if suppressed else addressed,
        contactability=Contactability.SUPPRESSED if suppressed else Contactability.OPEN,
        letter_allowed=not suppressed and _letter_allowed(answer, addressed, on),
        protected=answer.protected(on) or addressed.protected,
        current_cpr=answer.cpr,
        status=answer.status,
        doubts=(doubt,) if doubt else (),
    )


def _letter_allowed(answer: RegisterAnswer, addressed: Recipients, on: date) -> bool:
    """Return whether a letter is allowed. Protection stops letters to others, not to the person."""
    if answer.no_fixed_address() or answer.status is CprStatus.EMIGRATED or not addressed.people:
        return False
    if addressed.relation is RecipientRelation.SELF:
        return True
    return not (answer.protected(on) or addressed.protected)


def _findings_of_unregistered(
    identity: personal.Identity | None,
    addresses: Sequence[personal.Address],
    age_band: AgeBand,
    doubt: DecisionDoubt | None,
    on: date,
) -> PersonFindings:
    child = is_child(birth_date(identity, on), age_band, on)
    doubts = (doubt, DecisionDoubt.CUSTODY_UNCLEAR if child else None)
    return PersonFindings(
        recipients=Recipients(RecipientRelation.CUSTODY_HOLDER if child else RecipientRelation.SELF),
        letter_allowed=not child and any(address.line for address in addresses),
        doubts=tuple(one for one in doubts if one),
    )


def _recipient_query(
    answer: RegisterAnswer, identity: personal.Identity | None, age_band: AgeBand, on: date
) -> RecipientQuery:
    if answer.status in _SUPPRESSED:
        return RecipientQuery(RecipientRelation.SELF)
    born = answer.birth_date or birth_date(identity, on)
    return recipient_query(answer, child=is_child(born, age_band, on), on=on)


def _with_better_reason(
    doubt: DecisionDoubt | None, place: SingleMunicipality | SeveralMunicipalities | NoMunicipality
) -> SingleMunicipality | SeveralMunicipalities | NoMunicipality:
    """Without an address, report the unusable number as the reason."""
    if doubt is None or not isinstance(place, NoMunicipality) or place.reason is not UnknownReason.NO_ADDRESS:
        return place
    return NoMunicipality(UnknownReason(doubt.value))


def _not_yet_known(
    reason: UnknownReason, place: SingleMunicipality | SeveralMunicipalities | NoMunicipality, on: date
) -> UnknownHome:
    """Return an unknown home without findings: no contact, and masked."""
    person = PersonFindings(_NOBODY, Contactability.SUPPRESSED, protected=True)
    return UnknownHome(on, reason, _suggestions(place), person)


def _suggestions(
    place: SingleMunicipality | SeveralMunicipalities | NoMunicipality,
) -> tuple[AuthorityId, ...]:
    match place:
        case SingleMunicipality(municipality):
            return (municipality,)
        case SeveralMunicipalities(candidates):
            return candidates
        case NoMunicipality(suggestions=suggestions):
            return suggestions
        case _:
            assert_never(place)
