"""The retention date of an incident. Erasure begins after that date."""

from datetime import date, datetime
from enum import StrEnum
from typing import Final

from contracts.wire.error_codes import ErrorCode
from contracts.wire.errors import FieldError

_LAST_YEAR: Final = 2200


class RetentionState(StrEnum):
    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"


def state(began_at: datetime | None, ended_at: datetime | None) -> RetentionState:
    if began_at is None:
        return RetentionState.WAITING
    return RetentionState.RUNNING if ended_at is None else RetentionState.DONE


def flaw_of(keep_until: date, today: date) -> FieldError | None:
    """Return what is wrong with a date. The earliest is today, so a mistake can be undone until midnight."""
    if keep_until < today:
        return FieldError("keep_until", ErrorCode.RETENTION_PAST)
    if keep_until.year > _LAST_YEAR:
        return FieldError("keep_until", ErrorCode.RETENTION_TOO_LATE, year=_LAST_YEAR)
    return None
