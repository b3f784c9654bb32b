"""The clock follows the database, and final decisions need both clocks."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest

from kit.runtime.clock import ClocksDisagree, GuardedClock

TRUE = datetime(2026, 12, 1, 12, tzinfo=UTC)


@dataclass
class World:
    """The true time, and a process whose wall clock is off by `wrong`."""

    passed: timedelta = timedelta()
    wrong: timedelta = timedelta()

    def true(self) -> datetime:
        return TRUE + self.passed

    def wall(self) -> datetime:
        return self.true() + self.wrong

    def monotonic(self) -> float:
        return 1000 + self.passed.total_seconds()

    def clock(self, offset: timedelta = timedelta()) -> GuardedClock:
        return GuardedClock(offset, wall=self.wall, monotonic=self.monotonic)

    def read(self, clock: GuardedClock, *, trip: timedelta = timedelta(milliseconds=4)) -> None:
        """Let the clock read the database time in the middle of the round trip."""
        started = clock.start()
        self.passed += trip / 2
        answered = self.true()
        self.passed += trip / 2
        clock.compare(started, answered)


@pytest.mark.parametrize("wrong", [timedelta(days=31), timedelta(days=15), timedelta(minutes=-2)])
def test_a_wrong_process_clock_is_seen_and_changes_no_time(wrong: timedelta) -> None:
    world = World(wrong=wrong)
    clock = world.clock()

    world.read(clock)
    world.passed += timedelta(minutes=1)

    assert not clock.agrees
    assert abs(clock.drift - wrong) < timedelta(milliseconds=10)
    assert abs(clock.now() - world.true()) < timedelta(milliseconds=10)


def test_a_process_clock_set_while_it_runs_changes_no_time() -> None:
    world = World()
    clock = world.clock()
    world.read(clock)

    world.wrong = timedelta(days=400)

    assert abs(clock.now() - world.true()) < timedelta(milliseconds=10)


@pytest.mark.parametrize(("wrong", "agrees"), [(4.9, True), (-4.9, True), (5.1, False), (-5.1, False)])
def test_a_difference_of_five_seconds_is_tolerated_and_no_more(wrong: float, agrees: bool) -> None:  # noqa: FBT001 - a column of the table
    world = World(wrong=timedelta(seconds=wrong))
    clock = world.clock()

    world.read(clock)

    assert clock.agrees is agrees


def test_a_slow_answer_is_no_drift() -> None:
    world = World()
    clock = world.clock()

    world.read(clock, trip=timedelta(minutes=2))

    assert clock.agrees


def test_the_offset_of_an_exercise_is_no_drift() -> None:
    world = World()
    clock = world.clock(timedelta(days=300))

    world.read(clock)

    assert clock.agrees
    assert abs(clock.now() - world.true() - timedelta(days=300)) < timedelta(milliseconds=10)
    assert clock.shown_at(TRUE) == TRUE + timedelta(days=300)


def test_a_database_that_is_set_back_is_followed() -> None:
    world = World()
    clock = world.clock()
    world.read(clock)

    clock.compare(clock.start(), world.true() - timedelta(hours=1))

    assert abs(clock.now() - world.true() + timedelta(hours=1)) < timedelta(milliseconds=10)
    assert not clock.agrees


def test_a_final_decision_takes_the_earlier_clock_and_is_refused_where_they_disagree() -> None:
    world = World(wrong=timedelta(seconds=-3))
    clock = world.clock()
    world.read(clock)
    database_time = world.true()

    assert clock.agreed(database_time) == world.wall()

    world.wrong = timedelta(days=31)
    world.read(clock)
    with pytest.raises(ClocksDisagree):
        clock.agreed(database_time)
