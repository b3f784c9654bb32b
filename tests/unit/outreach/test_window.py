"""A step happens inside its window in Copenhagen time, also at a change of summer time."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.outreach.domain.holidays import is_holiday
from services.outreach.domain.window import COPENHAGEN, Window, is_open, is_steady, next_day, next_open

WEEKDAYS = Window(frozenset(range(5)), 9 * 60, 18 * 60)
MOMENTS = st.datetimes(datetime(2026, 1, 1), datetime(2040, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
HOURS = st.integers(0, 24 * 60).filter(is_steady)
WINDOWS = st.builds(
    lambda days, hours, on_holidays: Window(days, min(hours), max(hours), on_holidays),
    st.frozensets(st.integers(0, 6), min_size=1),
    st.sets(HOURS, min_size=2, max_size=2),
    st.booleans(),
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
        ("2026-03-28T12:00", "2026-03-30T09:00"),  # over the change to summer time
        ("2026-10-24T12:00", "2026-10-26T09:00"),  # and back
        ("2026-12-23T20:00", "2026-12-28T09:00"),  # over Christmas, which begins on the 24th
        ("2027-03-24T18:00", "2027-03-30T09:00"),  # over Easter
    ],
)
def test_a_closed_window_opens_at_its_local_hour(at: str, opens: str) -> None:
    assert next_open(WEEKDAYS, local(at)) == local(opens)


def test_a_window_of_one_weekday_waits_out_christmas_and_new_year() -> None:
    fridays = Window(frozenset({4}), 9 * 60, 18 * 60)

    opens = next_open(fridays, local("2026-12-24T09:00"))

    assert opens == local("2027-01-08T09:00")
    assert next_open(replace(fridays, on_holidays=True), local("2026-12-24T09:00")) == local(
        "2026-12-25T09:00"
    )


def test_the_holidays_are_those_of_the_danish_calendar() -> None:
    year = [date(2027, 1, 1) + timedelta(days=n) for n in range(365)]

    assert [f"{day:%m-%d}" for day in year if is_holiday(day)] == [
        "01-01", "03-25", "03-26", "03-28", "03-29", "05-06", "05-16", "05-17", "06-05", "12-24", "12-25",
        "12-26", "12-31",
    ]  # fmt: skip
    easters = {2024: "03-31", 2025: "04-20", 2026: "04-05", 2028: "04-16", 2038: "04-25"}
    for year_of, easter in easters.items():
        sunday = date.fromisoformat(f"{year_of}-{easter}")
        assert is_holiday(sunday)
        assert is_holiday(sunday + timedelta(days=50))
        assert not is_holiday(sunday + timedelta(days=26))  # the Great Day of Prayer, until 2023
