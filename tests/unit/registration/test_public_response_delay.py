"""The response time of the public form does not reveal the processing time."""

from hypothesis import given
from hypothesis import strategies as st

from services.registration.public.routes import response_delay

INTERVAL = 0.25


@given(st.floats(0.0005, INTERVAL - 0.001))
def test_a_fast_write_is_answered_at_the_end_of_the_interval(taken: float) -> None:
    assert abs(taken + response_delay(taken) - INTERVAL) < 1e-9


@given(st.floats(0, 60))
def test_a_slow_write_is_answered_at_the_end_of_a_later_interval(taken: float) -> None:
    intervals = (taken + response_delay(taken)) / INTERVAL

    assert abs(intervals - round(intervals)) < 1e-6
    assert 0 < response_delay(taken) <= INTERVAL
