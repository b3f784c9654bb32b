"""Score the similarity of two people, with reasons. People decide whether they are one person."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Final

from contracts.events.personal import Address
from services.registration.domain.name import normalised_name

_SHORTEST_MISTYPED: Final = 3  # letters; one letter apart, a shorter word is another name
_MONTHS: Final = 12
_STREET_AND_NUMBER: Final = re.compile(r"(\D*\D)\s*(\d+)\s*([A-Za-z]\b)?")


class Reason(StrEnum):
    """A reason for or against two people being one person."""

    SAME_IDENTITY = "same_identity"
    SAME_PHONE = "same_phone"
    SAME_NAME = "same_name"
    ALIKE_NAME = "alike_name"
    SAME_BIRTH_DATE = "same_birth_date"
    ALIKE_BIRTH_DATE = "alike_birth_date"  # one typo, or day and month swapped
    SAME_ADDRESS = "same_address"
    OTHER_NAME = "other_name"
    OTHER_BIRTH_DATE = "other_birth_date"
    OTHER_CPR = "other_cpr"
    OTHER_ADDRESS = "other_address"


_FOR: Final = {
    Reason.SAME_PHONE: 0.40,
    Reason.SAME_NAME: 0.35,
    Reason.ALIKE_NAME: 0.25,
    Reason.SAME_BIRTH_DATE: 0.25,
    Reason.ALIKE_BIRTH_DATE: 0.15,
    Reason.SAME_ADDRESS: 0.25,
}
_AGAINST: Final = {  # factors
    Reason.OTHER_NAME: 0.75,
    Reason.OTHER_BIRTH_DATE: 0.5,
    Reason.OTHER_CPR: 0.25,
    Reason.OTHER_ADDRESS: 0.75,
}
_NAMES: Final = frozenset({Reason.SAME_NAME, Reason.ALIKE_NAME})
_HOLDS_WITH_A_NAME: Final = frozenset({Reason.SAME_BIRTH_DATE, Reason.ALIKE_BIRTH_DATE, Reason.SAME_ADDRESS})


@dataclass(frozen=True, slots=True)
class Street:
    """An address without floor and door."""

    name: str = field(repr=False)
    number: str | None = field(default=None, repr=False)
    postcode: str | None = field(default=None, repr=False)


def street_of(address: Address) -> Street | None:
    if not address.line:
        return None
    found = _STREET_AND_NUMBER.match(address.line)
    name, number, letter = found.groups() if found else (address.line, None, None)
    return Street(
        normalised_name(name), f"{number}{letter or ''}".lower() if number else None, address.postcode
    )


@dataclass(frozen=True, slots=True)
class Traits:
    """The values by which two people are compared."""

    words: tuple[str, ...] = field(repr=False)  # of the name, as normalised_name writes it
    phone: str | None = field(default=None, repr=False)
    born: date | None = field(default=None, repr=False)
    cprs: frozenset[str] = field(default=frozenset(), repr=False)
    streets: frozenset[Street] = frozenset()


@dataclass(frozen=True, slots=True)
class Likeness:
    score: float  # 0 to 1, in hundredths
    reasons: tuple[Reason, ...]


def worth_proposing(one: Traits, other: Traits) -> bool:
    """Return whether to propose the pair: one telephone, or similar names and birth dates or addresses.

    The cheaper tests come first: most pairs that are compared share little.
    """
    if _phones(one, other):
        return True
    born_or_address = {_birth_dates(one, other), _addresses(one, other)} & _HOLDS_WITH_A_NAME
    return bool(born_or_address) and _names(one, other) in _NAMES


def compare(one: Traits, other: Traits) -> Likeness:
    found = (
        _phones(one, other),
        _names(one, other),
        _birth_dates(one, other),
        _addresses(one, other),
        _cprs(one, other),
    )
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
    alike = within_one_typo(_digits(one.born), _digits(other.born))
    swapped = _swapped_day(one.born) == other.born
    return Reason.ALIKE_BIRTH_DATE if alike or swapped else Reason.OTHER_BIRTH_DATE


def _digits(born: date) -> str:
    return born.isoformat().replace("-", "")


def _swapped_day(born: date) -> date | None:
    """Return the date with day and month swapped, or None if that is no date."""
    return born.replace(month=born.day, day=born.month) if born.day <= _MONTHS else None


def birth_keys(born: date) -> tuple[str, ...]:
    """Return a birth date without its day, its month or its year. One typo changes two of them at most."""
    year, month, day = born.isoformat().split("-")
    return (f"{year}-{month}-", f"{year}--{day}", f"-{month}-{day}")


def sought_birth_keys(born: date) -> tuple[str, ...]:
    """Return the keys by which similar birth dates are found."""
    swapped = _swapped_day(born)
    return (*birth_keys(born), *(birth_keys(swapped) if swapped and swapped != born else ()))


def _addresses(one: Traits, other: Traits) -> Reason | None:
    if not one.streets or not other.streets:
        return None
    same = any(_one_street(own, others) for own in one.streets for others in other.streets)
    return Reason.SAME_ADDRESS if same else Reason.OTHER_ADDRESS


def _one_street(one: Street, other: Street) -> bool:
    """Return whether two addresses match. A missing house number or postcode matches any."""
    pairs = ((one.number, other.number), (one.postcode, other.postcode))
    return one.name == other.name and all(a == b or not a or not b for a, b in pairs)


def _cprs(one: Traits, other: Traits) -> Reason | None:
    return Reason.OTHER_CPR if one.cprs and other.cprs and one.cprs.isdisjoint(other.cprs) else None


def alike_names(one: Sequence[str], other: Sequence[str]) -> bool:
    """Return whether names match apart from missing middle names and one typo in one word."""
    fewer, more = sorted((one, other), key=len)
    left, rest = [], list(more)
    for word in fewer:
        if word in rest:
            rest.remove(word)
        else:
            left.append(word)
    shared = len(fewer) - len(left)
    if not left:
        return shared > 1 or not rest
    if len(left) > 1 or not any(mistyped(left[0], word) for word in rest):
        return False
    return shared > 0 or len(rest) == 1


def mistyped(one: str, other: str) -> bool:
    return min(len(one), len(other)) >= _SHORTEST_MISTYPED and within_one_typo(one, other)


def within_one_typo(one: str, other: str) -> bool:
    """Return whether at most one character is replaced, missing, added, or swapped with its neighbour."""
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
