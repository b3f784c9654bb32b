"""Telephone numbers: Danish ones as people write them, those of other countries with + and country code."""

import re
from enum import Enum

import phonenumbers

_DANISH = re.compile(r"(?:\+45|0045)?([1-9][0-9]{7})")  # nearly every number; the others take the long way
_WRITTEN = re.compile(r"(\+|00)?[\d\s().\-/]+")


class PhoneFlaw(Enum):
    """The value is the reason, which names no number."""

    FORM = "is not a telephone number: only digits, spaces and + are"
    NOT_DANISH = (
        "is not a Danish number of 8 digits; write a number of another country with + and its country code"
    )
    COUNTRY = "begins with a country code that does not exist"
    FOREIGN = "does not have as many digits as the numbers of its country: count them"


def read(text: str) -> str | PhoneFlaw:
    """Give the number in E.164."""
    written = text.strip()
    if danish := _DANISH.fullmatch(written):
        return f"+{_DENMARK}{danish[1]}"
    if not _WRITTEN.fullmatch(written):
        return PhoneFlaw.FORM
    foreign = written.startswith(("+", "00"))
    try:
        number = phonenumbers.parse(
            f"+{written[2:]}" if written.startswith("00") else written, None if foreign else "DK"
        )
    except phonenumbers.NumberParseException as error:
        if error.error_type == phonenumbers.NumberParseException.INVALID_COUNTRY_CODE:
            return PhoneFlaw.COUNTRY
        return PhoneFlaw.FOREIGN if foreign else PhoneFlaw.NOT_DANISH
    if not phonenumbers.is_possible_number(
        number
    ):  # not "valid": that knows only the series given out so far
        return PhoneFlaw.FOREIGN if number.country_code != _DENMARK else PhoneFlaw.NOT_DANISH
    return f"+{number.country_code}{phonenumbers.national_significant_number(number)}"


_DENMARK = 45
