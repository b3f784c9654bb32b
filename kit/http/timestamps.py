"""Timestamps and dates in requests, by ISO 8601.

Pydantic would also accept numbers and digits as seconds since 1970, so a typing error would become a date.
"""

import re
from collections.abc import Callable
from datetime import date
from typing import Annotated, Final

from pydantic import AwareDatetime, BeforeValidator

NO_TIMESTAMP: Final = "write a date and a time with its zone, as 2026-11-24T12:00:00+01:00"
NO_DAY: Final = "write a date that exists, as 1980-12-31"


def _written(pattern: str, reason: str) -> Callable[[object], object]:
    """Return a validator for texts of a pattern. Python dates pass: they are parsed already."""
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
