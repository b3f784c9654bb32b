"""The outcome of a decision. Home and person are separate: either may be known without the other."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from contracts.events.ids import AuthorityId
from contracts.events.vocabulary import Contactability
from services.routing.domain.register_entry import CprStatus


class ResolvedReason(StrEnum):
    REGISTER = "register"
    REGISTER_NO_FIXED_ADDRESS = "register_no_fixed_address"
    REGISTER_LAST_KNOWN = "register_last_known"  # dead or missing
    GIVEN_MUNICIPALITY = "given_municipality"
    GIVEN_POSTCODE = "given_postcode"
    DECIDED_BY_PERSON = "decided_by_person"
    SUCCESSOR_BY_LAW = "successor_by_law"  # the last decision, read with the authorities of today
    EVENT_AUTHORITY = "event_authority"  # chosen by an official: the event authority follows up


class AmbiguousReason(StrEnum):
    POSTCODE_SPANS = "postcode_spans"
    ADDRESSES_DISAGREE = "addresses_disagree"


class UnknownReason(StrEnum):
    REGISTER_PENDING = "register_pending"  # the register has not answered yet; never means "not found"
    REGISTER_INCOMPLETE = "register_incomplete"
    SEVERAL_PEOPLE = "several_people"  # the identifiers belong to more than one person
    NUMBER_NOT_FOUND = "number_not_found"
    NUMBER_MALFORMED = "number_malformed"
    NUMBER_ANNULLED = "number_annulled"
    NUMBER_WITHOUT_SUCCESSOR = "number_without_successor"
    ADMINISTRATIVE_NUMBER = "administrative_number"
    EMIGRATED = "emigrated"
    DEAD = "dead"
    MISSING = "missing"
    GREENLAND = "greenland"
    FAROE_ISLANDS = "faroe_islands"
    RESIDENT_ABROAD = "resident_abroad"
    MUNICIPALITY_UNKNOWN = "municipality_unknown"
    POSTCODE_UNKNOWN = "postcode_unknown"
    NO_ADDRESS = "no_address"


class RecipientRelation(StrEnum):
    SELF = "self"
    CUSTODY_HOLDER = "custody_holder"
    GUARDIAN = "guardian"


class DecisionDoubt(StrEnum):
    """A doubt that does not stop the decision but needs an official's review."""

    NUMBER_NOT_FOUND = "number_not_found"
    NUMBER_MALFORMED = "number_malformed"
    CUSTODY_UNCLEAR = "custody_unclear"
    CUSTODY_HOLDERS_UNREACHABLE = "custody_holders_unreachable"
    GUARDIAN_NOT_IN_REGISTER = "guardian_not_in_register"
    GUARDIAN_UNREACHABLE = "guardian_unreachable"
    FACTS_CHANGED = "facts_changed"  # number or address changed after an official decided


@dataclass(frozen=True, slots=True)
class RegisteredAddressee:
    cpr: str = field(repr=False)
    digital_post: bool | None
    nemsms: bool | None


@dataclass(frozen=True, slots=True)
class Recipients:
    """The recipients of messages about the person, in order. Empty: no CPR number, or see the doubt."""

    relation: RecipientRelation
    people: tuple[RegisteredAddressee, ...] = ()
    protected: bool = False  # at least one of them

    def digital_post(self) -> bool | None:
        """Return True if any recipient is enrolled, None if that is unknown."""
        told = [person.digital_post for person in self.people]
        return True if True in told else None if None in told or not told else False

    def nemsms(self) -> bool | None:
        return _all(person.nemsms for person in self.people) if self.people else None


@dataclass(frozen=True, slots=True)
class PersonFindings:
    """The findings about the person, independent of the home."""

    recipients: Recipients
    contactability: Contactability = Contactability.OPEN
    letter_allowed: bool = False
    protected: bool = False  # mask name and address on every page
    current_cpr: str | None = field(default=None, repr=False)
    status: CprStatus | None = None
    doubts: tuple[DecisionDoubt, ...] = ()


@dataclass(frozen=True, slots=True)
class ResolvedHome:
    on: date
    municipality: AuthorityId
    region: AuthorityId | None  # None outside the regions: Christiansø
    health_council: AuthorityId | None  # from 2027-01-01
    acting: AuthorityId | None  # takes the case if the municipality delegates
    reason: ResolvedReason
    person: PersonFindings
    covered_by: tuple[
        AuthorityId, ...
    ]  # authorities that a limited consent may name (contracts.rules.consent)


@dataclass(frozen=True, slots=True)
class AmbiguousHome:
    on: date
    candidates: tuple[AuthorityId, ...]  # at least two, sorted
    region: AuthorityId | None  # their common region, if any
    reason: AmbiguousReason
    person: PersonFindings


@dataclass(frozen=True, slots=True)
class UnknownHome:
    on: date
    reason: UnknownReason
    suggestions: tuple[AuthorityId, ...]  # for the person who decides
    person: PersonFindings


Decision = ResolvedHome | AmbiguousHome | UnknownHome


def _all(answers: Iterable[bool | None]) -> bool | None:
    known = list(answers)
    if False in known:
        return False
    return None if None in known else True
