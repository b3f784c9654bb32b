"""Parse a search value into its stored form, or return why it cannot be searched for."""

from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Final

from contracts.events.personal import Identifier
from contracts.rules import identity, phone
from contracts.rules.identity import IdentitySystem
from contracts.rules.invisible_characters import visible, visible_name
from contracts.wire.error_codes import ErrorCode
from contracts.wire.errors import FieldError
from services.registration.domain.name import normalised_name, words_of
from services.registration.domain.validation import NAME_LIMIT, text_error

_CPR: Final = frozenset({IdentitySystem.CPR, IdentitySystem.REPLACEMENT_CPR})
_COUNTRY_LETTERS: Final = 2


class SearchBy(StrEnum):
    CPR = "cpr"
    IDENTIFIER = "identifier"  # any identity system; `scope` is the region or country that issued it
    PHONE = "phone"
    NAME = "name"


class SearchPurpose(StrEnum):
    """Why somebody searches. The list is closed: free text in the access log could name the person."""

    HOTLINE = "hotline"  # a caller asks about themselves or a relative
    REGISTRATION = "registration"  # checking whether the person is registered already
    FOLLOW_UP = "follow_up"
    CORRECTION = "correction"
    RIGHTS = "rights"  # a citizen asks for access or erasure


@dataclass(frozen=True, slots=True)
class Telephone:
    number: str = field(repr=False)  # E.164


@dataclass(frozen=True, slots=True)
class Name:
    text: str = field(repr=False)


def read(by: SearchBy, value: str, scope: str | None, on: date) -> Identifier | Telephone | Name | FieldError:
    match by:
        case SearchBy.PHONE:
            number = phone.parse(value)
            if isinstance(number, phone.PhoneError):
                return FieldError("value", number.value)
            return Telephone(number.e164)
        case SearchBy.NAME:
            return _name(value)
        case SearchBy.CPR:
            found = identity.parse(value, on)
            if isinstance(found, identity.Number) and found.system not in _CPR:
                return FieldError("value", ErrorCode.ID_NOT_CPR)
            return _identifier(found, None)
        case SearchBy.IDENTIFIER:
            return _identifier(*_scoped(value, visible(scope or "").upper(), on))


def searched_words(name: str) -> tuple[str, ...]:
    """Return the words to search for. Initials are left out if there are other words."""
    words = words_of(name)
    return tuple(word for word in words if len(word) > 1) or words


def _name(text: str) -> Name | FieldError:
    text = visible_name(text)
    if error := text_error("value", text, NAME_LIMIT):
        return error
    if not any(c.isalnum() for c in normalised_name(text)):
        return FieldError("value", ErrorCode.NO_WORD_OF_NAME)
    return Name(text)


def _scoped(
    value: str, scope: str, on: date
) -> tuple[identity.Number | identity.IdentifierError, str | None]:
    """Parse a number by its scope. A scope of two letters is a country, which only passports have."""
    if len(scope) == _COUNTRY_LETTERS:
        return identity.check(IdentitySystem.PASSPORT, value, scope, on), scope
    number = identity.parse(value, on)
    if isinstance(number, identity.Number) and number.system is IdentitySystem.D_ECPR:
        return identity.check(number.system, value, scope, on), scope
    return number, None


def _identifier(
    number: identity.Number | identity.IdentifierError, scope: str | None
) -> Identifier | FieldError:
    if isinstance(number, identity.IdentifierError):
        return FieldError("scope" if number is identity.IdentifierError.SCOPE else "value", number.value)
    return Identifier(number.system.value, number.value, scope)
