"""Who a message about a person must be addressed to: the person, a child's custody holders, or a guardian."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date

from contracts.events.vocabulary import AgeBand
from contracts.rules.identity import OWN_CONSENT_AGE, age
from services.routing.domain.identity_lookup import Answers, NotAsked, follow
from services.routing.domain.outcome import Addressee, Doubt, RecipientRelation, Recipients
from services.routing.domain.register_entry import CprStatus, GuardianKind, RegisterAnswer

_UNREACHABLE = (
    None,
    CprStatus.ANNULLED,
    CprStatus.DELETED,
    CprStatus.CHANGED,
    CprStatus.MISSING,
    CprStatus.DEAD,
)


@dataclass(frozen=True, slots=True)
class Wanted:
    """The relation, and the numbers of others it leads to, before any of them is looked up."""

    relation: RecipientRelation
    cprs: tuple[str, ...] = field(default=(), repr=False)
    doubt: Doubt | None = None


def is_child(born: date | None, age_band: AgeBand, on: date) -> bool:
    """Under 15: no consent and no digital mailbox of one's own."""
    if born is None:
        return age_band is AgeBand.UNDER_15
    return age(born, on) < OWN_CONSENT_AGE


def wanted(answer: RegisterAnswer, *, child: bool, on: date) -> Wanted:
    if child:
        rows = [row for row in answer.custody if row.in_force(on)]
        holders = tuple(sorted({row.holder for row in rows if row.holder}))
        return Wanted(RecipientRelation.CUSTODY_HOLDER, holders, None if holders else Doubt.CUSTODY_UNCLEAR)
    guardianship = answer.guardianship
    if guardianship is None or not guardianship.in_force(on):
        return Wanted(RecipientRelation.SELF)
    if guardianship.guardian is None or guardianship.kind is not GuardianKind.NUMBER:
        return Wanted(RecipientRelation.GUARDIAN, (), Doubt.GUARDIAN_NOT_IN_REGISTER)
    return Wanted(RecipientRelation.GUARDIAN, (guardianship.guardian,))


def missing_answers(relation: Wanted, answers: Answers) -> tuple[str, ...]:
    """Name the numbers that must be looked up before the recipients are known."""
    ends = (follow(cpr, answers) for cpr in relation.cprs)
    return tuple(sorted({end.cpr for end in ends if isinstance(end, NotAsked)}))


def recipients(
    answer: RegisterAnswer, relation: Wanted, answers: Answers, on: date
) -> tuple[Recipients, Doubt | None]:
    """Leave out those who are dead, missing or unknown to the register; in doubt when nobody is left."""
    if relation.relation is RecipientRelation.SELF:
        return Recipients(RecipientRelation.SELF, (_addressee(answer),)), None
    people = _reachable(relation.cprs, answers)
    protected = any(person.protected(on) for person in people)
    addressees = sorted(map(_addressee, people), key=_order)
    found = Recipients(relation.relation, tuple(addressees), protected)
    if people or relation.doubt is not None:
        return found, relation.doubt
    if relation.relation is RecipientRelation.GUARDIAN:
        return found, Doubt.GUARDIAN_UNREACHABLE
    return found, Doubt.CUSTODY_HOLDERS_UNREACHABLE


def _reachable(cprs: Iterable[str], answers: Answers) -> list[RegisterAnswer]:
    ends = [follow(cpr, answers) for cpr in cprs]
    alive = {
        end.cpr: end for end in ends if isinstance(end, RegisterAnswer) and end.status not in _UNREACHABLE
    }
    return [alive[cpr] for cpr in sorted(alive)]


def _order(one: Addressee) -> tuple[int, str]:
    """Put first who has Digital Post, then who may have it; at last by number, to be the same each time."""
    return (True, None, False).index(one.digital_post), one.cpr


def _addressee(answer: RegisterAnswer) -> Addressee:
    return Addressee(answer.cpr, answer.digital_post, answer.nemsms)
