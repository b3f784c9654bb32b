"""What a decision means for those who read it: which queue has the case, and what is said in clear."""

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

UNREADABLE: Final = "unreadable"  # sealed data that does not open, or is not what it should be
FROM_REGISTER: Final = "register_status"


class Queue(StrEnum):
    IDENTITY = "identity"
    ADDRESS = "address"
    REGISTER = "register"
    ABROAD = "abroad"
    DOUBT = "doubt"  # has a home authority; something else must be looked at
    UNREADABLE = "unreadable"
    HANDOVER = "handover"  # the home authority has refused it; the reason is a RefusalReason


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
    """Who looks at a case, and why."""

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
    """Say in an event that the register has a word on the person, not which: that stays here, and sealed."""
    return FROM_REGISTER if reason in _OF_THE_PERSON else reason


def contactability(decision: Decision, age_band: AgeBand) -> Contactability:
    """Suppress an unnoticed child: the registrar knew of no child, and nobody speaks for it."""
    person = decision.person
    unnoticed = age_band is not AgeBand.UNDER_15 and DecisionDoubt.CUSTODY_UNCLEAR in person.doubts
    if unnoticed and not person.recipients.people:
        return Contactability.SUPPRESSED
    return person.contactability


def contactability_after_override(reason: str | None, before: Contactability | None) -> Contactability:
    """Open what was only held for want of knowledge, never what the register closed."""
    return Contactability.OPEN if before is None or reason in _NOT_YET_KNOWN else before


def lacks_recipient(age_band: str | None, doubts: Iterable[str | None], *, recipient_known: bool) -> bool:
    """Tell if it is a child for whom nobody may receive anything, as outreach/domain/choosing.py has it."""
    child = age_band == AgeBand.UNDER_15 or not _OF_CUSTODY.isdisjoint(doubts)
    return child and not recipient_known


def registered_recipient(person: PersonFindings) -> personal.Recipient | None:
    """Answer whom to address. None: nobody the register knows, or nobody who may receive for the person."""
    who = person.recipients
    if not who.people and (who.relation is not RecipientRelation.SELF or person.current_cpr is None):
        return None
    return personal.Recipient(
        cprs=tuple(one.cpr for one in who.people),
        relation=who.relation,
        protected=person.protected,
        register_status=None if person.status is None else f"{person.status:02}",
    )
