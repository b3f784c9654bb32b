"""Texts that are stored unsealed. They must hold no identity or telephone number.

Only the shapes of numbers are detected, not names.
"""

import re
import unicodedata
from datetime import date
from typing import Final

from contracts.rules import identity
from contracts.wire.error_codes import ErrorCode
from contracts.wire.errors import FieldError, InvalidValueError

_FEWEST_DIGITS: Final = 8  # of any number below: a Danish telephone or a replacement number
_DIGIT: Final = re.compile(r"\d")
_HEX: Final = "[0-9a-fA-F]"
_IMPERSONAL: Final = re.compile(  # our ids and company numbers
    rf"\b{_HEX}{{8}}(?:-{_HEX}{{4}}){{3}}-{_HEX}{{12}}\b|\b(?:CVR|SE|DK)\W{{0,3}}\d{{8}}\b", re.IGNORECASE
)
_GAP: Final = r"[ ./_-]*"
_CPR: Final = re.compile(  # six digits, also in pairs, and four characters
    rf"(?<!\d)(\d\d{_GAP}\d\d{_GAP}\d\d){_GAP}(\d{{4}}|[015-7][A-Za-z]{{2}}\d)(?!\d)"
)
_DIGITS: Final = re.compile(rf"\d(?:{_GAP}\d)*")  # however they are grouped
_REPLACEMENT: Final = re.compile(rf"(?<!\d)(?:\d{_GAP}){{6}}[015-7]{_GAP}(?:[A-Za-z]{_GAP}){{2}}\d(?!\d)")
_TIMES: Final = re.compile(
    r"(?<!\d)\d{1,2}[./-]\d{1,2}[./-](?:19|20)\d\d,? +(?:kl\.? *)?\d{1,2}[:.]\d\d(?!\d)"
)
_YEARS: Final = r"(?!(?:19|20)\d\d (?:19|20)\d\d)"
_DANISH_PHONE: Final = re.compile(
    rf"(?<!\d)(?:(?:\+|00)45[ -]?)?{_YEARS}"
    r"[2-9](?:\d{7}|\d(?:[ .-]\d\d){3}|\d{3} \d{4}|\d \d{3} \d{3}|\d \d{2} \d{4}|\d{2} \d{2} \d{3})(?!\d)"
)
_FOREIGN_PHONE: Final = re.compile(r"(?<!\d)\+\d(?:[ .-]?\d){7,14}(?!\d)")


def refuse_numbers(text: str) -> str:
    """Return the text unchanged. Raise InvalidValueError if it holds a person's number."""
    if holds_a_number(text):
        raise InvalidValueError(FieldError("", ErrorCode.HOLDS_NUMBERS))
    return text


def holds_a_number(text: str) -> bool:
    """Return whether the text holds the shape of a CPR, replacement or telephone number."""
    if _has_few_digits(text):
        return False
    plain = _IMPERSONAL.sub(" ", _plain(text))
    return (
        _holds_a_cpr_number(plain)
        or _DANISH_PHONE.search(plain) is not None
        or _FOREIGN_PHONE.search(plain) is not None
    )


def holds_a_cpr_number(text: str) -> bool:
    """Return whether the text holds the shape of a CPR number or of a replacement number."""
    return not _has_few_digits(text) and _holds_a_cpr_number(_IMPERSONAL.sub(" ", _plain(text)))


def _has_few_digits(text: str) -> bool:
    """Return True for most texts, much faster than the patterns."""
    return len(_DIGIT.findall(unicodedata.normalize("NFKC", text))) < _FEWEST_DIGITS


def _holds_a_cpr_number(plain: str) -> bool:
    plain = _TIMES.sub(";", plain)
    shapes = (match[0] for shape in (_CPR, _DIGITS, _REPLACEMENT) for match in shape.finditer(plain))
    return any(
        isinstance(identity.parse(re.sub(r"[./_]", "", one), date.max), identity.Number) for one in shapes
    )


def _plain(text: str) -> str:
    """Normalise digits, spaces and dashes for the patterns, and remove invisible characters."""
    digits = "".join(
        str(unicodedata.decimal(c, c))
        for c in unicodedata.normalize("NFKC", text)
        if unicodedata.category(c) != "Cf"
    )
    dashes = "".join("-" if unicodedata.category(c) == "Pd" or c == "\N{MINUS SIGN}" else c for c in digits)
    return re.sub(r"\s", " ", dashes)
