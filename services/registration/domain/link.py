"""How people of one incident belong together."""

from dataclasses import dataclass
from enum import StrEnum

from contracts.ids import RegistrationId
from services.registration.domain.text import Flaw


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


ONESELF = Flaw("to", "is the same person: a link is between two")


def pair(of: RegistrationId, said: SaidLink) -> Pair | Flaw:
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


def word(kind: LinkKind, *, is_one: bool) -> LinkWord:
    """Say a link from the side of one of the two."""
    if kind is LinkKind.GUARDIAN and not is_one:
        return LinkWord.CHILD
    return LinkWord(kind)
