"""How long a form took to write down cannot be told from when it is answered."""

from hypothesis import given
from hypothesis import strategies as st

from services.registration.public.routes import rest_of_beat

BEAT = 0.25


@given(st.floats(0.0005, BEAT - 0.001))
def test_whatever_is_written_within_a_beat_is_answered_at_its_end(taken: float) -> None:
    assert abs(taken + rest_of_beat(taken) - BEAT) < 1e-9


@given(st.floats(0, 60))
def test_what_takes_longer_is_answered_on_a_later_beat_and_never_waits_for_two(taken: float) -> None:
    beats = (taken + rest_of_beat(taken)) / BEAT

    assert abs(beats - round(beats)) < 1e-6
    assert 0 < rest_of_beat(taken) <= BEAT
