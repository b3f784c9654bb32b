"""The triage queue of an undecided or doubtful case, and the reason that may be published unsealed."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, assert_never

from contracts.events import personal
from contracts.events.ids import AuthorityId
from contracts.events.vocabulary import AgeBand, Contactability
from services.routing.domain.outcome import (
    AmbiguousHome,
    Decision,
    DecisionDoubt,
    PersonFindings,
    RecipientRelation,
    ResolvedHome,
    UnknownHome,
    UnknownReason,
)

UNREADABLE: Final = "unreadable"  # sealed data that does not open or decode
FROM_REGISTER: Final = "register_status"


class Queue(StrEnum):
    IDENTITY = "identity"
    ADDRESS = "address"
    REGISTER = "register"
    ABROAD = "abroad"
    DOUBT = "doubt"  # has a home authority, but needs review
    UNREADABLE = "unreadable"
    HANDOVER = "handover"  # refused by the home authority; the reason is a RefusalReason


_QUEUES: Final = {
    UnknownReason.SEVERAL_PEOPLE: Queue.IDENTITY,
    UnknownReason.NUMBER_NOT_FOUND: Queue.IDENTITY,
    UnknownReason.NUMBER_MALFORMED: Queue.IDENTITY,
    UnknownReason.NUMBER_ANNULLED: Queue.REGISTER,
    UnknownReason.NUMBER_WITHOUT_SUCCESSOR: Queue.REGISTER,
    UnknownReason.ADMINISTRATIVE_NUMBER: Queue.REGISTER,
    UnknownReason.REGISTER_PENDING: Queue.REGISTER,
    UnknownReason.REGISTER_INCOMPLETE: Queue.REGISTER,
    UnknownReason.DEAD: Queue.REGISTER,
    UnknownReason.MISSING: Queue.REGISTER,
    UnknownReason.EMIGRATED: Queue.ABROAD,
    UnknownReason.GREENLAND: Queue.ABROAD,
    UnknownReason.FAROE_ISLANDS: Queue.ABROAD,
    UnknownReason.RESIDENT_ABROAD: Queue.ABROAD,
    UnknownReason.MUNICIPALITY_UNKNOWN: Queue.ADDRESS,
    UnknownReason.POSTCODE_UNKNOWN: Queue.ADDRESS,
    UnknownReason.NO_ADDRESS: Queue.ADDRESS,
}
_OF_THE_PERSON: Final = frozenset(
    {
        UnknownReason.NUMBER_ANNULLED,
        UnknownReason.NUMBER_WITHOUT_SUCCESSOR,
        UnknownReason.ADMINISTRATIVE_NUMBER,
        UnknownReason.DEAD,
        UnknownReason.MISSING,
        UnknownReason.EMIGRATED,
    }
)
_OF_CUSTODY: Final = frozenset({DecisionDoubt.CUSTODY_UNCLEAR, DecisionDoubt.CUSTODY_HOLDERS_UNREACHABLE})
_NOT_YET_KNOWN: Final = frozenset({UnknownReason.SEVERAL_PEOPLE, UnknownReason.REGISTER_PENDING, UNREADABLE})


@dataclass(frozen=True, slots=True)
class Triage:
    """The queue of a case, and the reason."""

    queue: Queue
    reason: str
    candidates: tuple[AuthorityId, ...] = ()


def doubt_triage(decision: ResolvedHome) -> Triage | None:
    doubts = decision.person.doubts
    return Triage(Queue.DOUBT, doubts[0]) if doubts else None


def undecided_triage(decision: AmbiguousHome | UnknownHome) -> Triage:
    match decision:
        case AmbiguousHome(candidates=candidates, reason=several):
            return Triage(Queue.ADDRESS, several, candidates)
        case UnknownHome(reason=reason, suggestions=suggestions):
            return Triage(_QUEUES[reason], reason, suggestions)
        case _:
            assert_never(decision)


def public_reason(reason: str) -> str:
    """Return the reason for events. A register status is only called that; which one stays here, sealed."""
    return FROM_REGISTER if reason in _OF_THE_PERSON else reason


def contactability(decision: Decision, age_band: AgeBand) -> Contactability:
    """Return the contactability. A child that was not registered as one is suppressed without recipient."""
    person = decision.person
    unnoticed = age_band is not AgeBand.UNDER_15 and DecisionDoubt.CUSTODY_UNCLEAR in person.doubts
    if unnoticed and not person.recipients.people:
        return Contactability.SUPPRESSED
    return person.contactability


def contactability_after_override(reason: str | None, before: Contactability | None) -> Contactability:
    """Return the contactability after an override. It opens unknown cases, never what the register closed."""
    return Contactability.OPEN if before is None or reason in _NOT_YET_KNOWN else before


def lacks_recipient(age_band: str | None, doubts: Iterable[str | None], *, recipient_known: bool) -> bool:
    """Return whether it is a child without a known recipient, as in outreach/domain/eligibility.py."""
    child = age_band == AgeBand.UNDER_15 or not _OF_CUSTODY.isdisjoint(doubts)
    return child and not recipient_known


def registered_recipient(person: PersonFindings) -> personal.Recipient | None:
    """Return the recipient, or None if the register knows nobody who may receive for the person."""
    who = person.recipients
    if not who.people and (who.relation is not RecipientRelation.SELF or person.current_cpr is None):
        return None
    return personal.Recipient(
        cprs=tuple(one.cpr for one in who.people),
        relation=who.relation,
        protected=person.protected,
        register_status=None if person.status is None else f"{person.status:02}",
    )
