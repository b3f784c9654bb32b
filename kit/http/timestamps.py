"""Timestamps and dates as they come in over HTTP: written out by ISO 8601.

Pydantic also takes numbers, and texts of digits alone, as seconds since 1970: a slip would become a date.
"""

import re
from collections.abc import Callable
from datetime import date
from typing import Annotated, Final

from pydantic import AwareDatetime, BeforeValidator

NO_TIMESTAMP: Final = "write a date and a time with its zone, as 2026-11-24T12:00:00+01:00"
NO_DAY: Final = "write a date that exists, as 1980-12-31"


def _written(pattern: str, reason: str) -> Callable[[object], object]:
    """Demand a text of a form. A date or datetime of Python passes: it was read before."""
    form = re.compile(pattern, re.ASCII)

    def check(value: object) -> object:
        if isinstance(value, date):
            return value
        text = "".join(char for char in value if char.isprintable()).strip() if isinstance(value, str) else ""
        if not form.fullmatch(text):
            raise ValueError(reason)
        return text

    return check


Timestamp = Annotated[
    AwareDatetime, BeforeValidator(_written(r"\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}.*", NO_TIMESTAMP))
]
Day = Annotated[date, BeforeValidator(_written(r"\d{4}-\d{2}-\d{2}", NO_DAY))]
