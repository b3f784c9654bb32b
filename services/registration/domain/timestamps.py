"""Reject implausible times: a time in another century is a typing error."""

from datetime import datetime
from typing import Final

from contracts.wire.error_codes import ErrorCode
from contracts.wire.errors import FieldError

_FIRST_YEAR: Final = 1900
_LAST_YEAR: Final = 2200


def time_error(field: str, moment: datetime) -> FieldError | None:
    """Return why a time is implausible, or None."""
    if _FIRST_YEAR <= moment.year <= _LAST_YEAR:
        return None
    return FieldError(field, ErrorCode.IMPLAUSIBLE_YEAR, first=_FIRST_YEAR, last=_LAST_YEAR)
