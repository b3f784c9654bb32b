"""A step happens inside its window, on the clock of Copenhagen, also where summer time moves it."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.outreach.domain.window import COPENHAGEN, Window, is_open, is_steady, next_day, next_open

WEEKDAYS = Window(frozenset(range(5)), 9 * 60, 18 * 60)
MOMENTS = st.datetimes(datetime(2026, 1, 1), datetime(2028, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
HOURS = st.integers(0, 24 * 60).filter(is_steady)
WINDOWS = st.builds(
    lambda days, hours: Window(days, min(hours), max(hours)),
    st.frozensets(st.integers(0, 6), min_size=1),
    st.sets(HOURS, min_size=2, max_size=2),
)


def local(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=COPENHAGEN)


@given(WINDOWS, MOMENTS)
def test_the_next_open_moment_is_open_and_not_before(window: Window, at: datetime) -> None:
    opens = next_open(window, at)

    assert opens >= at
    assert is_open(window, opens)
    assert next_open(window, opens) == opens


@given(WINDOWS, MOMENTS)
def test_nothing_is_open_between_now_and_the_next_open_moment(window: Window, at: datetime) -> None:
    opens = next_open(window, at)

    step = timedelta(minutes=47)
    moments = [at + step * n for n in range(int((opens - at) / step) + 1)]
    assert not any(is_open(window, moment) for moment in moments if moment < opens)


@given(WINDOWS, MOMENTS)
def test_the_next_day_is_a_later_day(window: Window, at: datetime) -> None:
    again = next_day(window, at)

    assert again.astimezone(COPENHAGEN).date() > at.astimezone(COPENHAGEN).date()
    assert is_open(window, again)


@pytest.mark.parametrize(
    ("at", "opens"),
    [
        ("2026-11-25T12:00", "2026-11-25T12:00"),
        ("2026-11-25T18:00", "2026-11-26T09:00"),  # the end is outside
        ("2026-11-27T20:00", "2026-11-30T09:00"),  # over the weekend
        ("2027-03-27T12:00", "2027-03-29T09:00"),  # over the change to summer time
        ("2026-10-24T12:00", "2026-10-26T09:00"),  # and back
    ],
)
def test_a_closed_window_opens_at_its_hour_on_the_wall(at: str, opens: str) -> None:
    assert next_open(WEEKDAYS, local(at)) == local(opens)
