"""Days in Danish time, and periods of days. The end is exclusive; None means open."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final
from zoneinfo import ZoneInfo

_HOME: Final = ZoneInfo("Europe/Copenhagen")


def day_of(moment: datetime) -> date:
    return moment.astimezone(_HOME).date()


@dataclass(frozen=True, slots=True)
class Period:
    start: date
    end: date | None = None

    def __contains__(self, on: date) -> bool:
        return self.start <= on and (self.end is None or on < self.end)

    def is_empty(self) -> bool:
        return self.end is not None and self.end <= self.start

    def __str__(self) -> str:
        return f"{self.start} on" if self.end is None else f"{self.start} to {self.end}"


def overlaps(periods: Iterable[Period]) -> Iterator[Period]:
    """Yield the periods that begin before an earlier period has ended."""
    previous: Period | None = None
    for period in sorted(periods, key=_start):
        if previous is not None and (previous.end is None or period.start < previous.end):
            yield period
        previous = period if previous is None else _later_end(previous, period)


def gaps(periods: Iterable[Period], whole: Period) -> Iterator[Period]:
    """Yield the parts of `whole` that no period covers."""
    reached = whole.start
    for period in sorted(periods, key=_start):
        if period.start > reached:
            yield Period(reached, period.start)
        if period.end is None:
            return
        reached = max(reached, period.end)
    if whole.end is None or reached < whole.end:
        yield Period(reached, whole.end)


def _start(period: Period) -> date:
    return period.start


def _later_end(first: Period, second: Period) -> Period:
    if first.end is None or (second.end is not None and second.end <= first.end):
        return first
    return second
