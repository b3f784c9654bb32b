"""How alike two people are: a score and what it rests on. Whether they are one is decided by people."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Final

from services.registration.domain.text import normalised_name

_SHORTEST_MISTYPED: Final = 3  # letters: with one letter other, a shorter word is another name


class Reason(StrEnum):
    """What speaks for two people being one, and what against it."""

    SAME_IDENTITY = "same_identity"
    SAME_PHONE = "same_phone"
    SAME_NAME = "same_name"
    ALIKE_NAME = "alike_name"
    SAME_BIRTH_DATE = "same_birth_date"
    ALIKE_BIRTH_DATE = "alike_birth_date"
    OTHER_NAME = "other_name"
    OTHER_BIRTH_DATE = "other_birth_date"
    OTHER_CPR = "other_cpr"


_FOR: Final = {
    Reason.SAME_PHONE: 0.40,
    Reason.SAME_NAME: 0.35,
    Reason.ALIKE_NAME: 0.25,
    Reason.SAME_BIRTH_DATE: 0.25,
    Reason.ALIKE_BIRTH_DATE: 0.15,
}
_AGAINST: Final = {Reason.OTHER_NAME: 0.75, Reason.OTHER_BIRTH_DATE: 0.5, Reason.OTHER_CPR: 0.25}  # factors
_NAMES: Final = frozenset({Reason.SAME_NAME, Reason.ALIKE_NAME})
_BIRTH_DATES: Final = frozenset({Reason.SAME_BIRTH_DATE, Reason.ALIKE_BIRTH_DATE})


@dataclass(frozen=True, slots=True)
class Traits:
    """What two people are compared by."""

    words: tuple[str, ...] = field(repr=False)  # of the name, as normalised_name writes it
    phone: str | None = field(default=None, repr=False)
    born: date | None = field(default=None, repr=False)
    cprs: frozenset[str] = field(default=frozenset(), repr=False)


@dataclass(frozen=True, slots=True)
class Likeness:
    score: float  # 0 to 1, in hundredths
    reasons: tuple[Reason, ...]

    @property
    def proposed(self) -> bool:
        """Whether a person is to look: one telephone, or both a name and a birth date that are alike."""
        found = set(self.reasons)
        return Reason.SAME_PHONE in found or bool(found & _NAMES and found & _BIRTH_DATES)


def words_of(name: str) -> tuple[str, ...]:
    return tuple(normalised_name(name).split(" "))


def compare(one: Traits, other: Traits) -> Likeness:
    found = (_phones(one, other), _names(one, other), _birth_dates(one, other), _cprs(one, other))
    reasons = tuple(reason for reason in found if reason is not None)
    score = sum(_FOR.get(reason, 0.0) for reason in reasons)
    for reason in reasons:
        score *= _AGAINST.get(reason, 1.0)
    return Likeness(min(1.0, round(score, 2)), reasons)


def _phones(one: Traits, other: Traits) -> Reason | None:
    return Reason.SAME_PHONE if one.phone and one.phone == other.phone else None


def _names(one: Traits, other: Traits) -> Reason:
    if one.words == other.words:
        return Reason.SAME_NAME
    return Reason.ALIKE_NAME if alike_names(one.words, other.words) else Reason.OTHER_NAME


def _birth_dates(one: Traits, other: Traits) -> Reason | None:
    if one.born is None or other.born is None:
        return None
    if one.born == other.born:
        return Reason.SAME_BIRTH_DATE
    alike = within_one_typo(f"{one.born:%Y%m%d}", f"{other.born:%Y%m%d}")
    return Reason.ALIKE_BIRTH_DATE if alike else Reason.OTHER_BIRTH_DATE


def _cprs(one: Traits, other: Traits) -> Reason | None:
    return Reason.OTHER_CPR if one.cprs and other.cprs and one.cprs.isdisjoint(other.cprs) else None


def alike_names(one: Sequence[str], other: Sequence[str]) -> bool:
    """Tell if names are one but for middle names left out and one typo in one word."""
    fewer, more = sorted((Counter(one), Counter(other)), key=Counter.total)
    shared = (fewer & more).total()
    left, rest = list((fewer - more).elements()), list((more - fewer).elements())
    if not left:
        return shared > 1 or not rest
    if len(left) > 1 or not any(mistyped(left[0], word) for word in rest):
        return False
    return shared > 0 or len(rest) == 1


def mistyped(one: str, other: str) -> bool:
    return min(len(one), len(other)) >= _SHORTEST_MISTYPED and within_one_typo(one, other)


def within_one_typo(one: str, other: str) -> bool:
    """Tell if at most one character is other, missing, too many, or changed places with its neighbour."""
    short, long = sorted((one, other), key=len)
    if len(long) - len(short) > 1:
        return False
    if len(long) > len(short):
        return any(long[:place] + long[place + 1 :] == short for place in range(len(long)))
    differ = [place for place, (a, b) in enumerate(zip(one, other, strict=True)) if a != b]
    return len(differ) <= 1 or _swapped(one, other, differ)


def _swapped(one: str, other: str, differ: Sequence[int]) -> bool:
    first, last = differ[0], differ[-1]
    return last - first == 1 and one[first] == other[last] and one[last] == other[first]
