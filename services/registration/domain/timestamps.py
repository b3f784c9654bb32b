"""Reject implausible times: a time in another century is a typing error."""

from datetime import datetime
from typing import Final

_FIRST_YEAR: Final = 1900
_LAST_YEAR: Final = 2200


def untimely(moment: datetime) -> str | None:
    """Return why a time is implausible, or None."""
    if _FIRST_YEAR <= moment.year <= _LAST_YEAR:
        return None
    return f"must lie between the years {_FIRST_YEAR} and {_LAST_YEAR}"
