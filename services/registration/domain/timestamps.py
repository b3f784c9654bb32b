"""Which moments can be meant: one of another century is a slip of the keys, and no clock reckons with it."""

from datetime import datetime
from typing import Final

_FIRST_YEAR: Final = 1900
_LAST_YEAR: Final = 2200


def untimely(moment: datetime) -> str | None:
    """Say why a moment cannot be meant, else None."""
    if _FIRST_YEAR <= moment.year <= _LAST_YEAR:
        return None
    return f"must lie between the years {_FIRST_YEAR} and {_LAST_YEAR}"
