"""Text that is kept as it was written, not sealed: it is to be about no person.

Only the shapes of numbers are seen here, not names.
"""

import re
import unicodedata
from datetime import date
from typing import Final

from contracts import identity

NUMBERS_LEFT_OUT: Final = (
    "holds what looks like a CPR number or a telephone number. This text is kept readable: leave out"
    " persons and their numbers, and write the rest again"
)
_HEX: Final = "[0-9a-fA-F]"
_NOBODYS: Final = re.compile(  # an id of ours, or a company's number
    rf"\b{_HEX}{{8}}(?:-{_HEX}{{4}}){{3}}-{_HEX}{{12}}\b|\b(?:CVR|SE|DK)\W{{0,3}}\d{{8}}\b", re.IGNORECASE
)
_CPR: Final = re.compile(r"(?<!\d)(\d{6})\s?-?\s?([0-9A-Za-z]{4})(?![0-9A-Za-z])")
_YEARS: Final = r"(?!(?:19|20)\d\d (?:19|20)\d\d)"
_DANISH_PHONE: Final = re.compile(
    rf"(?<!\d)(?:(?:\+|00)45[ -]?)?{_YEARS}"
    r"[2-9](?:\d{7}|\d(?:[ .-]\d\d){3}|\d{3} \d{4}|\d \d{3} \d{3}|\d \d{2} \d{4}|\d{2} \d{2} \d{3})(?!\d)"
)
_FOREIGN_PHONE: Final = re.compile(r"(?<!\d)\+\d(?:[ .-]?\d){7,14}(?!\d)")


def readable(text: str) -> str:
    """Give the text back. Raises ValueError, which says what to do, where it holds somebody's number."""
    if holds_a_number(text):
        raise ValueError(NUMBERS_LEFT_OUT)
    return text


def holds_a_number(text: str) -> bool:
    """Tell if something in it has the shape of a CPR number, of a replacement for one or of a telephone's."""
    plain = _NOBODYS.sub(" ", _plain(text))
    numbers = (identity.read("".join(found), date.max) for found in _CPR.findall(plain))
    return (
        any(isinstance(one, identity.Number) for one in numbers)
        or _DANISH_PHONE.search(plain) is not None
        or _FOREIGN_PHONE.search(plain) is not None
    )


def _plain(text: str) -> str:
    """Write every digit, blank and dash in the one way the shapes know."""
    digits = "".join(str(unicodedata.decimal(c, c)) for c in unicodedata.normalize("NFKC", text))
    return re.sub(r"\s", " ", re.sub("[\u2010-\u2015\u2212]", "-", digits))
