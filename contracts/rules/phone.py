"""Telephone numbers: Danish ones as people write them, those of other countries with + and country code.

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

_DENMARK: Final = 45
_DANISH_DIGITS: Final = 8
_SEPARATORS: Final = frozenset({"Pd", "Ps", "Pe", "Zs"})  # dashes, brackets, spaces of every kind
_OTHER_SEPARATORS: Final = frozenset("./\u2212\u00b7\u2022")  # dot, stroke, minus sign, raised dots
_NUMBER = re.compile(r"\+?[0-9]+")


class PhoneFlaw(Enum):
    """The value is the reason, which names no number."""

    FORM = "is not a telephone number: write digits, and + before a country code"
    NOT_DANISH = (
        "is not a Danish number of 8 digits; write a number of another country with + and its country code"
    )
    NOT_IN_PLAN = (
        "is not a number of the Danish numbering plan: compare it once more;"
        " write a number of another country with + and its country code"
    )
    COUNTRY = "begins with a country code that does not exist"
    FOREIGN = "does not have as many digits as the numbers of its country: count them"


@dataclass(frozen=True, slots=True)
class PhoneNumber:
    e164: str = field(repr=False)


def read(text: str) -> PhoneNumber | PhoneFlaw:
    written = _without_separators(text)
    if not _NUMBER.fullmatch(written):
        return PhoneFlaw.FORM
    if written.startswith("00"):
        written = f"+{written[2:]}"
    foreign = written.startswith("+")
    try:
        number = phonenumbers.parse(written, None if foreign else "DK")
    except NumberParseException as error:
        if error.error_type == NumberParseException.INVALID_COUNTRY_CODE:
            return PhoneFlaw.COUNTRY
        return PhoneFlaw.FOREIGN if foreign else PhoneFlaw.NOT_DANISH
    flaw = _flaw(number)
    return flaw or PhoneNumber(f"+{number.country_code}{phonenumbers.national_significant_number(number)}")


def _without_separators(text: str) -> str:
    plain = unicodedata.normalize("NFKC", visible(text))
    return "".join(_digit(char) for char in plain if not _separates(char))


def _separates(char: str) -> bool:
    return unicodedata.category(char) in _SEPARATORS or char in _OTHER_SEPARATORS


def _digit(char: str) -> str:
    """Write the digits of every script as 0 to 9."""
    value = unicodedata.decimal(char, None)
    return char if value is None else str(value)


def _flaw(number: phonenumbers.PhoneNumber) -> PhoneFlaw | None:
    """Danish numbers are checked against the plan, others by the lengths their country has with area code."""
    if number.country_code != _DENMARK:
        reason = phonenumbers.is_possible_number_with_reason(number)
        return None if reason == ValidationResult.IS_POSSIBLE else PhoneFlaw.FOREIGN
    if len(phonenumbers.national_significant_number(number)) != _DANISH_DIGITS:
        return PhoneFlaw.NOT_DANISH
    return None if phonenumbers.is_valid_number(number) else PhoneFlaw.NOT_IN_PLAN
