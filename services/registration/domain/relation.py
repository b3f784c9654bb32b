"""How people of one incident belong together."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from contracts.events.ids import RegistrationId
from contracts.events.vocabulary import AgeBand
from services.registration.domain.validation import FieldError


class LinkKind(StrEnum):
    FAMILY = "family"
    GUARDIAN = "guardian"  # the one is the guardian, the other the child
    CAME_WITH = "came_with"


class LinkWord(StrEnum):
    """A kind as said of one of the two."""

    FAMILY = "family"
    GUARDIAN = "guardian"  # this person is the guardian of the other
    CHILD = "child"  # this person is the child, the other the guardian
    CAME_WITH = "came_with"


@dataclass(frozen=True, slots=True)
class SaidLink:
    """What was said of somebody: by which word they belong to whom."""

    word: LinkWord
    to: RegistrationId


@dataclass(frozen=True, slots=True)
class Pair:
    """A link in the one way it is kept, from whichever side it was said."""

    kind: LinkKind
    one: RegistrationId
    other: RegistrationId


ONESELF: Final = FieldError("to", "is the same person: a link is between two")
OTHER_WAY_ROUND: Final = FieldError(
    "to", "is linked the other way round, as guardian and child: end that link first if it is the wrong one"
)
TOO_YOUNG: Final = FieldError(
    "to",
    "the guardian would be under 15, or under 18 and the other no child: turn the link round, link them as"
    " family, or correct the age that is wrong",
)
_MINORS: Final = (AgeBand.UNDER_15, AgeBand.FROM_15)


def pair(of: RegistrationId, said: SaidLink) -> Pair | FieldError:
    """Both are registrations that speak for their person."""
    if said.to == of:
        return ONESELF
    match said.word:
        case LinkWord.GUARDIAN:
            return Pair(LinkKind.GUARDIAN, of, said.to)
        case LinkWord.CHILD:
            return Pair(LinkKind.GUARDIAN, said.to, of)
        case LinkWord.FAMILY | LinkWord.CAME_WITH:
            return Pair(LinkKind(said.word), min(of, said.to), max(of, said.to))


def untrue(
    pairing: Pair, ages: Mapping[RegistrationId, AgeBand], guarding: Collection[Pair]
) -> FieldError | None:
    """Say why the one cannot be the guardian of the other. `guarding`: the links of guardians that stand.

    A guardian may be younger than an adult under guardianship, and a parent under 18 have a small child.
    """
    if pairing.kind is not LinkKind.GUARDIAN:
        return None
    if Pair(LinkKind.GUARDIAN, pairing.other, pairing.one) in guarding:
        return OTHER_WAY_ROUND
    guardian, child = ages[pairing.one], ages[pairing.other]
    if guardian is AgeBand.UNDER_15:
        return TOO_YOUNG
    small = child in {AgeBand.UNDER_15, AgeBand.UNKNOWN}
    return None if guardian not in _MINORS or small else TOO_YOUNG


def word(kind: LinkKind, *, is_one: bool) -> LinkWord:
    """Say a link from the side of one of the two."""
    if kind is LinkKind.GUARDIAN and not is_one:
        return LinkWord.CHILD
    return LinkWord(kind)
