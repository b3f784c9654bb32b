"""The window of a step: weekdays and local hours in Copenhagen.

No window begins or ends between 02:00 and 03:00, the hour that summer time skips or repeats. So each limit is
one moment.
"""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from services.outreach.domain.holidays import is_holiday

COPENHAGEN: Final = ZoneInfo("Europe/Copenhagen")
MIDNIGHT: Final = 24 * 60
_UNSTEADY: Final = (2 * 60, 3 * 60)
_LONGEST_CLOSED: Final = 21  # days: Christmas Day and New Year's Day fall on one weekday


@dataclass(frozen=True, slots=True)
class Window:
    """`begins` and `ends` in minutes after midnight (0 to 1440); `days` as date.weekday() counts them."""

    days: frozenset[int]
    begins: int
    ends: int
    on_holidays: bool = False


def is_steady(minute: int) -> bool:
    return not _UNSTEADY[0] < minute < _UNSTEADY[1]


def is_open(window: Window, at: datetime) -> bool:
    local = at.astimezone(COPENHAGEN)
    return _has(window, local.date()) and window.begins <= local.hour * 60 + local.minute < window.ends


def _has(window: Window, day: date) -> bool:
    return day.weekday() in window.days and (window.on_holidays or not is_holiday(day))


def next_open(window: Window, at: datetime) -> datetime:
    """Return `at` if the window is open then, else its next opening, in the time zone of `at`."""
    if is_open(window, at):
        return at
    local = at.astimezone(COPENHAGEN)
    for ahead in range(_LONGEST_CLOSED + 1):
        day = local.date() + timedelta(days=ahead)
        begins = datetime.combine(day, time(*divmod(window.begins, 60)), COPENHAGEN)
        if _has(window, day) and begins.timestamp() > at.timestamp():
            return begins.astimezone(at.tzinfo)
    raise AssertionError("a window must be open on one day in three weeks at least")


def day_begins(at: datetime) -> datetime:
    return datetime.combine(at.astimezone(COPENHAGEN).date(), time(), COPENHAGEN)


def next_day(window: Window, at: datetime) -> datetime:
    """Return the first open moment on a later day in Copenhagen than that of `at`."""
    tomorrow = at.astimezone(COPENHAGEN).date() + timedelta(days=1)
    return next_open(window, datetime.combine(tomorrow, time(), COPENHAGEN).astimezone(at.tzinfo))
