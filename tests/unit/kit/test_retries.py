"""Pauses grow to a limit, and two processes that failed together do not retry together."""

from itertools import pairwise

from kit.runtime.retries import LONGEST, Backoff, pause_after


def test_pauses_grow_to_the_limit_and_restart_after_a_success() -> None:
    pauses = Backoff()

    first = [pauses.next() for _ in range(12)]
    pauses.reset()

    assert all(0 < pause <= LONGEST for pause in first)
    assert all(later > earlier / 2 for earlier, later in pairwise(first))
    assert first[-1] >= LONGEST / 2
    assert pauses.next() <= 0.1


def test_a_stored_retry_waits_longer_after_each_try() -> None:
    pauses = [pause_after(tries, first=2, longest=300) for tries in (1, 2, 3, 30_000)]

    assert all(most / 2 <= pause <= most for pause, most in zip(pauses, (2, 4, 8, 300), strict=True))
    assert pause_after(4, first=2, longest=300) != pause_after(4, first=2, longest=300)


def test_processes_that_failed_together_do_not_retry_together() -> None:
    one, other = Backoff(), Backoff()

    assert [one.next() for _ in range(8)] != [other.next() for _ in range(8)]
