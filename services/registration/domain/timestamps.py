"""Plausible times of people, and the revisions of registrations made from times."""

from datetime import UTC, datetime, timedelta
from typing import Final

from contracts.wire.error_codes import ErrorCode
from contracts.wire.errors import FieldError

_FIRST_YEAR: Final = 1900
_LAST_YEAR: Final = 2200
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def time_error(field: str, moment: datetime) -> FieldError | None:
    """Return why a time is implausible, or None."""
    if _FIRST_YEAR <= moment.year <= _LAST_YEAR:
        return None
    return FieldError(field, ErrorCode.IMPLAUSIBLE_YEAR, first=_FIRST_YEAR, last=_LAST_YEAR)


def first_revision(inserted_at: datetime) -> int:
    """Return the revision of a registration inserted at the database's time: microseconds."""
    return (inserted_at - _EPOCH) // timedelta(microseconds=1)
