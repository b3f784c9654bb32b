"""Timestamps and dates in requests, by ISO 8601.

Pydantic would also accept numbers and digits as seconds since 1970, so a typing error would become a date.
"""

import re
from collections.abc import Callable
from datetime import date
from typing import Annotated

from pydantic import AwareDatetime, BeforeValidator

from contracts.wire.error_codes import ErrorCode
from contracts.wire.errors import FieldError, InvalidValueError


def _written(pattern: str, code: ErrorCode) -> Callable[[object], object]:
    """Return a validator for texts of a pattern. Python dates pass: they are parsed already."""
    form = re.compile(pattern, re.ASCII)

    def check(value: object) -> object:
        if isinstance(value, date):
            return value
        text = "".join(char for char in value if char.isprintable()).strip() if isinstance(value, str) else ""
        if not form.fullmatch(text):
            raise InvalidValueError(FieldError("", code))
        return text

    return check


Timestamp = Annotated[
    AwareDatetime,
    BeforeValidator(_written(r"\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}.*", ErrorCode.NOT_A_TIMESTAMP)),
]
Day = Annotated[date, BeforeValidator(_written(r"\d{4}-\d{2}-\d{2}", ErrorCode.NOT_A_DATE))]
