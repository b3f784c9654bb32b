"""The decision itself (design 8): the register first, then the given addresses, else a person decides."""

from collections.abc import Sequence
from datetime import date
from typing import assert_never

from contracts.events import personal
from contracts.events.ids import AuthorityId
from contracts.events.vocabulary import AgeBand, Contactability
from services.routing.domain.address_match import Nowhere, One, Several, place_of
from services.routing.domain.authority import Authorities, Kind
from services.routing.domain.identity_lookup import (
    Answers,
    NoNumber,
    Pending,
    SeveralPeople,
    birth_date,
    speaker,
)
from services.routing.domain.outcome import (
    Ambiguous,
    Decision,
    Doubt,
    Person,
    RecipientRelation,
    Recipients,
    Resolved,
    ResolvedReason,
    Unknown,
    UnknownReason,
)
from services.routing.domain.recipient import (
    ConsentingGuardian,
    Wanted,
    is_child,
    missing_answers,
    recipients,
    wanted,
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


def look_ups(
    identity: personal.Identity | None,
    answers: Answers,
    on: date,
    age_band: AgeBand = AgeBand.UNKNOWN,
) -> tuple[str, ...]:
    """Name the CPR numbers the register must still be asked about. Ask again with its answers until empty."""
    found = speaker(identity, answers, on)
    match found:
        case RegisterAnswer():
            return missing_answers(_relation(found, identity, age_band, on), answers)
        case Pending(cprs):
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
    """Never raises. `answers` holds what the register said, by the number asked about (see look_ups).

    A number that is wanted and not in `answers` gives Unknown(REGISTER_PENDING): no answer is not an answer.
    """
    place = place_of(addresses, authorities, on)
    found = speaker(identity, answers, on)
    match found:
        case RegisterAnswer():
            relation = _relation(found, identity, age_band, on)
            return _by_register(found, relation, consenting, answers, place, authorities, on)
        case NoNumber():
            person = _unregistered(identity, addresses, age_band, found.doubt, on)
            return _by_place(_named_after(found.doubt, place), person, authorities, on)
        case SeveralPeople():
            return _held(UnknownReason.SEVERAL_PEOPLE, place, on)
        case Pending():
            return _held(UnknownReason.REGISTER_PENDING, place, on)
        case _:
            assert_never(found)


def _by_register(
    answer: RegisterAnswer,
    relation: Wanted,
    consenting: ConsentingGuardian | None,
    answers: Answers,
    place: One | Several | Nowhere,
    authorities: Authorities,
    on: date,
) -> Decision:
    if missing_answers(relation, answers):
        return _held(UnknownReason.REGISTER_PENDING, place, on)
    addressed, doubt = recipients(answer, relation, answers, on, consenting)
    person = _registered(answer, addressed, doubt, on)
    if answer.status is None:
        return Unknown(on, UnknownReason.REGISTER_INCOMPLETE, _suggested(place), person)
    if answer.status in _NOT_BY_ADDRESS:
        return Unknown(on, _NOT_BY_ADDRESS[answer.status], _suggested(place), person)
    return _by_municipality(answer, answer.status, person, place, authorities, on)


def _by_municipality(
    answer: RegisterAnswer,
    status: CprStatus,
    person: Person,
    place: One | Several | Nowhere,
    authorities: Authorities,
    on: date,
) -> Decision:
    row = authorities.current(answer.municipality, on) if answer.municipality else None
    if row is not None and row.kind is Kind.GREENLAND:
        return Unknown(on, UnknownReason.GREENLAND, (), person)  # nobody there can be chosen
    if row is None or row.kind not in {Kind.MUNICIPALITY, Kind.STATE}:
        without = (
            UnknownReason.MUNICIPALITY_UNKNOWN if answer.municipality else UnknownReason.REGISTER_INCOMPLETE
        )
        return Unknown(on, _WITHOUT_MUNICIPALITY.get(status, without), _suggested(place), person)
    if status in {CprStatus.GREENLAND, CprStatus.GREENLAND_NO_FIXED_ADDRESS}:
        return Unknown(on, UnknownReason.GREENLAND, (row.id,), person)
    return resolved(row.id, _register_reason(answer, status), person, authorities, on)


def _register_reason(answer: RegisterAnswer, status: CprStatus) -> ResolvedReason:
    if status in {CprStatus.DEAD, CprStatus.MISSING}:
        return ResolvedReason.REGISTER_LAST_KNOWN
    return ResolvedReason.REGISTER_NO_FIXED_ADDRESS if answer.no_fixed_address() else ResolvedReason.REGISTER


def _by_place(place: One | Several | Nowhere, person: Person, authorities: Authorities, on: date) -> Decision:
    match place:
        case One(municipality, reason):
            return resolved(municipality, reason, person, authorities, on)
        case Several(candidates, several):
            regions = {authorities.region_of(code, on) for code in candidates}
            region = regions.pop() if len(regions) == 1 else None
            return Ambiguous(on, candidates, region, several, person)
        case Nowhere(nowhere, suggestions):
            return Unknown(on, nowhere, suggestions, person)
        case _:
            assert_never(place)


def resolved(
    municipality: AuthorityId, reason: ResolvedReason, person: Person, authorities: Authorities, on: date
) -> Resolved:
    row = authorities.on(municipality, on)
    return Resolved(
        on=on,
        municipality=municipality,
        region=authorities.region_of(municipality, on),
        health_council=authorities.health_council_of(municipality, on),
        acting=authorities.acting_for(row, on) if row else None,
        reason=reason,
        person=person,
        covered_by=authorities.covered_by(municipality, on),
    )


def _registered(answer: RegisterAnswer, addressed: Recipients, doubt: Doubt | None, on: date) -> Person:
    suppressed = answer.status in _SUPPRESSED
    return Person(
        recipients=_NOBODY if suppressed else addressed,
        contactability=Contactability.SUPPRESSED if suppressed else Contactability.OPEN,
        letter_allowed=not suppressed and _letter_allowed(answer, addressed, on),
        protected=answer.protected(on) or addressed.protected,
        current_cpr=answer.cpr,
        status=answer.status,
        doubts=(doubt,) if doubt else (),
    )


def _letter_allowed(answer: RegisterAnswer, addressed: Recipients, on: date) -> bool:
    """Protection forbids no letter from an authority; but a parent may be protected from the other one."""
    if answer.no_fixed_address() or answer.status is CprStatus.EMIGRATED or not addressed.people:
        return False
    if addressed.relation is RecipientRelation.SELF:
        return True
    return not (answer.protected(on) or addressed.protected)


def _unregistered(
    identity: personal.Identity | None,
    addresses: Sequence[personal.Address],
    age_band: AgeBand,
    doubt: Doubt | None,
    on: date,
) -> Person:
    child = is_child(birth_date(identity, on), age_band, on)
    doubts = (doubt, Doubt.CUSTODY_UNCLEAR if child else None)
    return Person(
        recipients=Recipients(RecipientRelation.CUSTODY_HOLDER if child else RecipientRelation.SELF),
        letter_allowed=not child and any(address.line for address in addresses),
        doubts=tuple(one for one in doubts if one),
    )


def _relation(
    answer: RegisterAnswer, identity: personal.Identity | None, age_band: AgeBand, on: date
) -> Wanted:
    if answer.status in _SUPPRESSED:
        return Wanted(RecipientRelation.SELF)
    born = answer.birth_date or birth_date(identity, on)
    return wanted(answer, child=is_child(born, age_band, on), on=on)


def _named_after(doubt: Doubt | None, place: One | Several | Nowhere) -> One | Several | Nowhere:
    """Without an address, the number that could not be used is the better reason."""
    if doubt is None or not isinstance(place, Nowhere) or place.reason is not UnknownReason.NO_ADDRESS:
        return place
    return Nowhere(UnknownReason(doubt.value))


def _held(reason: UnknownReason, place: One | Several | Nowhere, on: date) -> Unknown:
    """Nothing is known of the person yet: no contact, and masked."""
    person = Person(_NOBODY, Contactability.SUPPRESSED, protected=True)
    return Unknown(on, reason, _suggested(place), person)


def _suggested(place: One | Several | Nowhere) -> tuple[AuthorityId, ...]:
    match place:
        case One(municipality):
            return (municipality,)
        case Several(candidates):
            return candidates
        case Nowhere(suggestions=suggestions):
            return suggestions
        case _:
            assert_never(place)
