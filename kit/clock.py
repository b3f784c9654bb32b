"""The wall clock as an object, so that a test or an exercise can move it."""

from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    def now(self) -> datetime: ...


class SystemClock:
    """`offset` moves the clock of a whole process (setting CLOCK_OFFSET_SECONDS).

    For journeys across a date.
    """

    def __init__(self, offset: timedelta = timedelta()) -> None:
        self._offset = offset

    def now(self) -> datetime:
        return datetime.now(UTC) + self._offset
