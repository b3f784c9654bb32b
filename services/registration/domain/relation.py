"""Relations between people of one incident."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from contracts.events.ids import RegistrationId
from contracts.events.vocabulary import AgeBand
from contracts.wire.error_codes import ErrorCode
from contracts.wire.errors import FieldError


class RelationKind(StrEnum):
    FAMILY = "family"
    GUARDIAN = "guardian"  # the one is the guardian, the other the child
    CAME_WITH = "came_with"


class RelationWord(StrEnum):
    """A relation as seen from one of the two people."""

    FAMILY = "family"
    GUARDIAN = "guardian"  # this person is the guardian of the other
    CHILD = "child"  # this person is the child, the other the guardian
    CAME_WITH = "came_with"


@dataclass(frozen=True, slots=True)
class RelationInput:
    """A relation as entered: the word and the other person."""

    word: RelationWord
    to: RegistrationId


@dataclass(frozen=True, slots=True)
class Pair:
    """A relation in the form that is stored, whichever side entered it."""

    kind: RelationKind
    one: RegistrationId
    other: RegistrationId


ONESELF: Final = FieldError("to", ErrorCode.SAME_PERSON)
OTHER_WAY_ROUND: Final = FieldError("to", ErrorCode.RELATED_THE_OTHER_WAY)
TOO_YOUNG: Final = FieldError("to", ErrorCode.GUARDIAN_AGE)
_MINORS: Final = (AgeBand.UNDER_15, AgeBand.FROM_15)


def pair(of: RegistrationId, said: RelationInput) -> Pair | FieldError:
    """Return the stored form of a relation. Both ids must be first registrations of their person."""
    if said.to == of:
        return ONESELF
    match said.word:
        case RelationWord.GUARDIAN:
            return Pair(RelationKind.GUARDIAN, of, said.to)
        case RelationWord.CHILD:
            return Pair(RelationKind.GUARDIAN, said.to, of)
        case RelationWord.FAMILY | RelationWord.CAME_WITH:
            return Pair(RelationKind(said.word), min(of, said.to), max(of, said.to))


def untrue(
    pairing: Pair, ages: Mapping[RegistrationId, AgeBand], guarding: Collection[Pair]
) -> FieldError | None:
    """Return why one person cannot be the guardian of the other. `guarding`: the current guardian relations.

    A guardian may be younger than an adult under guardianship. A parent under 18 may have a small child.
    """
    if pairing.kind is not RelationKind.GUARDIAN:
        return None
    if Pair(RelationKind.GUARDIAN, pairing.other, pairing.one) in guarding:
        return OTHER_WAY_ROUND
    guardian, child = ages[pairing.one], ages[pairing.other]
    if guardian is AgeBand.UNDER_15:
        return TOO_YOUNG
    small = child in {AgeBand.UNDER_15, AgeBand.UNKNOWN}
    return None if guardian not in _MINORS or small else TOO_YOUNG


def word(kind: RelationKind, *, is_one: bool) -> RelationWord:
    """Return the relation as seen from one of the two people."""
    if kind is RelationKind.GUARDIAN and not is_one:
        return RelationWord.CHILD
    return RelationWord(kind)
