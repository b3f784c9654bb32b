from datetime import timedelta

from services.routing.domain.retry import RetryPolicy

PATIENCE = RetryPolicy(timedelta(seconds=5), timedelta(seconds=300), to_people_after=4)


def test_people_see_a_case_from_a_number_of_failures_on_and_are_told_once() -> None:
    assert [PATIENCE.shown_to_people(tries) for tries in (3, 4, 5)] == [False, True, True]
    assert [PATIENCE.first_shown(tries) for tries in (3, 4, 5)] == [False, True, False]
