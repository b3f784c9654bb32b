"""Find mentions of a person in other people's records before that person is erased."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from contracts.events.personal import Circumstances
from contracts.rules.identity import compact
from services.registration.domain.name import words_of
from services.registration.domain.person import Particulars
from services.registration.domain.similarity import Street, street_of

_NO_SIGN: Final = re.compile(r"[^0-9a-z]")
_LOCAL_DIGITS: Final = 8  # of a telephone number without its country
_ENOUGH: Final = 2  # words of a name; many people share a given name or a family name


class MentionPlace(StrEnum):
    """The part of another person's record that mentions the person, by its API name."""

    GUARDIAN = "guardian"
    WITNESS = "witness"
    TELLER = "teller"  # who reported a withdrawal
    NOTE = "note"
    CIRCUMSTANCES = "circumstances"
    CONCERNS = "concerns"
    PHONE = "phone"
    EMAIL = "email"
    ADDRESSES = "addresses"


@dataclass(frozen=True, slots=True)
class IdentifyingValues:
    """The values that identify a person, normalised for comparison."""

    names: frozenset[frozenset[str]] = field(repr=False)
    numbers: frozenset[str] = field(repr=False)  # identity values, and telephone numbers without country
    emails: frozenset[str] = field(repr=False)
    streets: frozenset[Street] = field(repr=False)

    def is_in(self, text: str | None) -> bool:
        """Return whether a text holds the person's name, number or e-mail address."""
        if not text:
            return False
        words, signs = frozenset(words_of(text)), _NO_SIGN.sub("", text.casefold())
        named = any(len(name & words) >= min(_ENOUGH, len(name)) for name in self.names)
        return (
            named
            or any(number in signs for number in self.numbers)
            or any(email in text.casefold() for email in self.emails)
        )


def identifying_values(people: Sequence[Particulars]) -> IdentifyingValues:
    """Return the values to search for. `people`: the current and former versions of one person."""
    streets = (street_of(address) for one in people for address in one.contact.addresses)
    return IdentifyingValues(
        frozenset(frozenset(words_of(one.contact.name)) for one in people),
        frozenset(number for one in people for number in _numbers(one)),
        frozenset(one.contact.email.casefold() for one in people if one.contact.email),
        frozenset(street for street in streets if street is not None),
    )


def _numbers(person: Particulars) -> Iterator[str]:
    for number in person.identity.identifiers if person.identity else ():
        yield compact(number.value).casefold()
    if phone := person.contact.phone:
        yield _NO_SIGN.sub("", phone)[-_LOCAL_DIGITS:]


def mention_places(other: Particulars, known: IdentifyingValues) -> set[MentionPlace]:
    """Return the parts of another person's record, or of an earlier version, that mention the person."""
    told = other.circumstances or Circumstances()
    texts = {
        MentionPlace.NOTE: other.note.text if other.note else None,
        MentionPlace.CIRCUMSTANCES: told.circumstances,
        MentionPlace.CONCERNS: told.concerns,
        MentionPlace.GUARDIAN: other.contact.guardian,
        MentionPlace.PHONE: other.contact.phone,
        MentionPlace.EMAIL: other.contact.email,
    }
    found = {place for place, text in texts.items() if known.is_in(text)}
    if any(street_of(address) in known.streets for address in other.contact.addresses):
        found.add(MentionPlace.ADDRESSES)
    return found
