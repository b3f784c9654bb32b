"""Telephone numbers: Danish ones as people write them, foreign ones with + and country code.

Sources: ITU-T E.164; the numbering plans as libphonenumber keeps them (decision 0009).
"""

import re
import unicodedata
from dataclasses import dataclass, field
from enum import Enum
from typing import Final

import phonenumbers
from phonenumbers import NumberParseException, ValidationResult

from contracts.rules.invisible_characters import visible
from contracts.wire.error_codes import ErrorCode

_DENMARK: Final = 45
_DANISH_DIGITS: Final = 8
_SEPARATORS: Final = frozenset({"Pd", "Ps", "Pe", "Zs"})  # dashes, brackets, spaces of every kind
_OTHER_SEPARATORS: Final = frozenset("./\u2212\u00b7\u2022")  # dot, stroke, minus sign, raised dots
_NUMBER = re.compile(r"\+?[0-9]+")


class PhoneError(Enum):
    """The error of a telephone number."""

    FORM = ErrorCode.PHONE_FORM
    NOT_DANISH = ErrorCode.PHONE_NOT_DANISH
    NOT_IN_PLAN = ErrorCode.PHONE_NOT_IN_PLAN
    COUNTRY = ErrorCode.PHONE_COUNTRY
    FOREIGN = ErrorCode.PHONE_FOREIGN


@dataclass(frozen=True, slots=True)
class PhoneNumber:
    e164: str = field(repr=False)


def parse(text: str) -> PhoneNumber | PhoneError:
    written = _without_separators(text)
    if not _NUMBER.fullmatch(written):
        return PhoneError.FORM
    if written.startswith("00"):
        written = f"+{written[2:]}"
    foreign = written.startswith("+")
    try:
        number = phonenumbers.parse(written, None if foreign else "DK")
    except NumberParseException as error:
        if error.error_type == NumberParseException.INVALID_COUNTRY_CODE:
            return PhoneError.COUNTRY
        return PhoneError.FOREIGN if foreign else PhoneError.NOT_DANISH
    found = _error(number)
    return found or PhoneNumber(f"+{number.country_code}{phonenumbers.national_significant_number(number)}")


def _without_separators(text: str) -> str:
    plain = unicodedata.normalize("NFKC", visible(text))
    return "".join(_digit(char) for char in plain if not _separates(char))


def _separates(char: str) -> bool:
    return unicodedata.category(char) in _SEPARATORS or char in _OTHER_SEPARATORS


def _digit(char: str) -> str:
    """Return a digit of any script as 0 to 9, and any other character unchanged."""
    value = unicodedata.decimal(char, None)
    return char if value is None else str(value)


def _error(number: phonenumbers.PhoneNumber) -> PhoneError | None:
    """Check a Danish number against the numbering plan, a foreign one by the lengths of its country."""
    if number.country_code != _DENMARK:
        reason = phonenumbers.is_possible_number_with_reason(number)
        return None if reason == ValidationResult.IS_POSSIBLE else PhoneError.FOREIGN
    if len(phonenumbers.national_significant_number(number)) != _DANISH_DIGITS:
        return PhoneError.NOT_DANISH
    return None if phonenumbers.is_valid_number(number) else PhoneError.NOT_IN_PLAN
