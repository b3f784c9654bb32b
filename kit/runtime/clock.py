"""The clock of a service: it follows the database and is compared with the process clock (decision 0021).

A `GuardedClock` measures how far the process clock is off, and refuses a final decision while the two clocks
disagree.
"""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Final, Protocol

TOLERANCE: Final = timedelta(seconds=5)  # between the process clock and the database clock
_NONE: Final = timedelta()


class ClocksDisagree(Exception):  # noqa: N818 - a state
    """The process clock and the database clock differ by more than TOLERANCE: make no final decision."""


class Clock(Protocol):
    offset: timedelta = _NONE  # how far an exercise moves it

    def now(self) -> datetime: ...

    def shown_at(self, _database_time: datetime) -> datetime:
        """Return the reading of this clock at a database time."""
        return self.now()

    def agreed(self, _database_time: datetime) -> datetime:
        """Return the time for a final decision: the earlier of both clocks. Raise ClocksDisagree."""
        return self.now()


def _utc_now() -> datetime:
    return datetime.now(UTC)


class SystemClock(Clock):
    """The clock of the process, moved by `offset` (setting CLOCK_OFFSET_SECONDS)."""

    def __init__(self, offset: timedelta = _NONE, *, wall: Callable[[], datetime] = _utc_now) -> None:
        self.offset = offset
        self._wall = wall

    def now(self) -> datetime:
        return self._wall() + self.offset

    def shown_at(self, database_time: datetime) -> datetime:
        return database_time + self.offset

    def agreed(self, database_time: datetime) -> datetime:
        ahead = self._wall() - database_time  # positive also if the transaction began a while ago
        if ahead < -TOLERANCE:
            raise ClocksDisagree(f"the process clock is {-ahead.total_seconds():.0f} s behind the database")
        return min(self.now(), self.shown_at(database_time))


class GuardedClock(SystemClock):
    """The database clock as last read, moved by `offset` and continued by the monotonic clock.

    A process clock that is wrong, or that is set while the process runs, changes no recorded time.
    """

    def __init__(
        self,
        offset: timedelta = _NONE,
        *,
        wall: Callable[[], datetime] = _utc_now,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__(offset, wall=wall)
        self._monotonic = monotonic
        self.refused: str | None = None  # the reason why the offset may not be used here
        self.drift = _NONE  # of the process clock, less the round trip; positive: ahead
        self.read_at: float | None = None  # monotonic seconds
        self._earliest = self._latest = _NONE  # bounds of the database clock minus the monotonic clock

    def start(self) -> tuple[datetime, float]:
        """Read both own clocks. Call it right before the database time is read."""
        return self._wall(), self._monotonic()

    def compare(self, started: tuple[datetime, float], database_time: datetime) -> None:
        """Record the database time that was requested at `started` and has just arrived."""
        wall, monotonic = self.start()
        self.drift = max(started[0] - database_time, _NONE) + min(wall - database_time, _NONE)
        reading = database_time - datetime.min.replace(tzinfo=UTC)
        earliest = reading - timedelta(seconds=monotonic)
        latest = reading - timedelta(seconds=started[1])
        if self.read_at is not None and max(earliest, self._earliest) <= min(latest, self._latest):
            earliest, latest = max(earliest, self._earliest), min(latest, self._latest)
        self._earliest, self._latest = earliest, latest
        self.read_at = monotonic

    @property
    def agrees(self) -> bool:
        return self.refused is None and abs(self.drift) <= TOLERANCE

    def state(self) -> str:
        if self.refused is not None:
            return self.refused
        return "ready" if self.agrees else f"off by {self.drift.total_seconds():+.0f} s"

    def age(self) -> float | None:
        """Return the seconds since the database clock was last read; None if it never was."""
        return None if self.read_at is None else self._monotonic() - self.read_at

    def now(self) -> datetime:
        if self.read_at is None:
            return super().now()
        since_start = self._earliest + timedelta(seconds=self._monotonic())
        return datetime.min.replace(tzinfo=UTC) + since_start + self.offset

    def agreed(self, database_time: datetime) -> datetime:
        if not self.agrees:
            raise ClocksDisagree(
                f"the process clock is {self.state()}: set the clocks of this machine and the database by NTP"
            )
        return min(self._wall() + self.offset, self.shown_at(database_time))
