"""The recipients of messages about a person: the person, a child's custody holders, or a guardian."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date

from contracts.events.vocabulary import AgeBand
from contracts.rules.identity import OWN_CONSENT_AGE, age
from services.routing.domain.identity_lookup import Answers, UnansweredNumber, follow_current_number
from services.routing.domain.name_match import names_fit
from services.routing.domain.outcome import DecisionDoubt, RecipientRelation, Recipients, RegisteredAddressee
from services.routing.domain.register_entry import CprStatus, GuardianKind, NotFound, RegisterAnswer

_UNREACHABLE = (
    None,
    CprStatus.ANNULLED,
    CprStatus.DELETED,
    CprStatus.CHANGED,
    CprStatus.MISSING,
    CprStatus.DEAD,
)


@dataclass(frozen=True, slots=True)
class RecipientQuery:
    """The relation of the recipients, and their numbers before they are looked up."""

    relation: RecipientRelation
    cprs: tuple[str, ...] = field(default=(), repr=False)
    doubt: DecisionDoubt | None = None


@dataclass(frozen=True, slots=True)
class ConsentingGuardian:
    """Who consented to contact for a child, as it was said at registration. The number is often not known."""

    name: str = field(repr=False)
    cpr: str | None = field(default=None, repr=False)


def is_child(born: date | None, age_band: AgeBand, on: date) -> bool:
    """Return whether the person is under 15: without own consent and without Digital Post."""
    if born is None:
        return age_band is AgeBand.UNDER_15
    return age(born, on) < OWN_CONSENT_AGE


def recipient_query(answer: RegisterAnswer, *, child: bool, on: date) -> RecipientQuery:
    if child:
        rows = [row for row in answer.custody if row.in_force(on)]
        holders = tuple(sorted({row.holder for row in rows if row.holder}))
        return RecipientQuery(
            RecipientRelation.CUSTODY_HOLDER, holders, None if holders else DecisionDoubt.CUSTODY_UNCLEAR
        )
    guardianship = answer.guardianship
    if guardianship is None or not guardianship.in_force(on):
        return RecipientQuery(RecipientRelation.SELF)
    if guardianship.guardian is None or guardianship.kind is not GuardianKind.NUMBER:
        return RecipientQuery(RecipientRelation.GUARDIAN, (), DecisionDoubt.GUARDIAN_NOT_IN_REGISTER)
    return RecipientQuery(RecipientRelation.GUARDIAN, (guardianship.guardian,))


def missing_answers(relation: RecipientQuery, answers: Answers) -> tuple[str, ...]:
    """Return the numbers that must be looked up before the recipients are known."""
    ends = (follow_current_number(cpr, answers) for cpr in relation.cprs)
    return tuple(sorted({end.cpr for end in ends if isinstance(end, UnansweredNumber)}))


def recipients(
    answer: RegisterAnswer,
    relation: RecipientQuery,
    answers: Answers,
    on: date,
    consenting: ConsentingGuardian | None = None,
) -> tuple[Recipients, DecisionDoubt | None]:
    """Return the reachable recipients, without the dead, missing or unknown; and a doubt if none is left.

    The custody holder who consented comes first. Recipients exempt from Digital Post come last.
    """
    if relation.relation is RecipientRelation.SELF:
        return Recipients(RecipientRelation.SELF, (_addressee(answer),)), None
    people = _reachable(relation.cprs, answers)
    protected = any(person.protected(on) for person in people)
    first = _consenting_holder(people, answers, consenting) if consenting else None
    addressees = sorted(map(_addressee, people), key=lambda one: _order(one, first))
    found = Recipients(relation.relation, tuple(addressees), protected)
    if people or relation.doubt is not None:
        return found, relation.doubt
    if relation.relation is RecipientRelation.GUARDIAN:
        return found, DecisionDoubt.GUARDIAN_UNREACHABLE
    return found, DecisionDoubt.CUSTODY_HOLDERS_UNREACHABLE


def _reachable(cprs: Iterable[str], answers: Answers) -> list[RegisterAnswer]:
    ends = [follow_current_number(cpr, answers) for cpr in cprs]
    alive = {
        end.cpr: end for end in ends if isinstance(end, RegisterAnswer) and end.status not in _UNREACHABLE
    }
    return [alive[cpr] for cpr in sorted(alive)]


def _consenting_holder(
    people: Iterable[RegisterAnswer], answers: Answers, consenting: ConsentingGuardian
) -> str | None:
    """Return the number of the one holder who consented. A name decides only where no number was given."""
    if consenting.cpr is not None:
        end = follow_current_number(consenting.cpr, answers)
        return None if isinstance(end, NotFound) else end.cpr
    fitting = [one.cpr for one in people if one.name and names_fit(consenting.name, one.name)]
    return fitting[0] if len(fitting) == 1 else None


def _order(one: RegisteredAddressee, first: str | None) -> tuple[bool, bool, int, str]:
    """Order by: not exempt, consented, known to have Digital Post, number: the same at every attempt."""
    enrolment = (True, None, False).index(one.digital_post)
    return one.digital_post is False, one.cpr != first, enrolment, one.cpr


def _addressee(answer: RegisterAnswer) -> RegisteredAddressee:
    return RegisteredAddressee(answer.cpr, answer.digital_post, answer.nemsms)
