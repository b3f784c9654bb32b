"""Days on which Danish public offices are closed, besides weekends."""

from datetime import date, timedelta
from functools import lru_cache
from typing import Final

# 5 June, 24 and 31 December are not holidays by law. Municipalities close all the same, or half the day.
_FIXED: Final = ((1, 1), (6, 5), (12, 24), (12, 25), (12, 26), (12, 31))
# Maundy Thursday, Good Friday, Easter, Ascension, Whitsun. The Great Day of Prayer is no holiday since 2024.
_FROM_EASTER: Final = (-3, -2, 0, 1, 39, 49, 50)


def is_holiday(day: date) -> bool:
    return day in _holidays(day.year)


@lru_cache(maxsize=64)
def _holidays(year: int) -> frozenset[date]:
    easter = _easter(year)
    return frozenset(
        [date(year, month, day) for month, day in _FIXED]
        + [easter + timedelta(days=days) for days in _FROM_EASTER]
    )


def _easter(year: int) -> date:
    """Return Easter Sunday by the rule of Meeus, Jones and Butcher for the Gregorian calendar."""
    a, (b, c) = year % 19, divmod(year, 100)
    d, e = divmod(b, 4)
    g = (8 * b + 13) // 25
    h = (19 * a + b - d - g + 15) % 30
    i, k = divmod(c, 4)
    weekday = (32 + 2 * e + 2 * i - h - k) % 7
    m = (a + 11 * h + 19 * weekday) // 433
    month = (h + weekday - 7 * m + 90) // 25
    return date(year, month, (h + weekday - 7 * m + 33 * month + 19) % 32)
