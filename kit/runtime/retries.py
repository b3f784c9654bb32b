"""Pauses between retries: exponential, with jitter. Every retry of the product takes its pauses from here."""

import random
from typing import Final

LONGEST: Final = 10.0  # seconds
_FIRST: Final = 0.1  # seconds
_MOST_DOUBLINGS: Final = 30  # a larger exponent would only cost time
_SPREAD: Final = 0.5  # share of a pause that is random, so that processes do not retry together


class Backoff:
    """The pauses of one retried action. Call `reset` after a success."""

    def __init__(self, first: float = _FIRST, longest: float = LONGEST) -> None:
        """`first`, `longest`: seconds."""
        self._first = first
        self._longest = longest
        self._tries = 0

    def reset(self) -> None:
        self._tries = 0

    def next(self) -> float:
        """Return the seconds to wait now."""
        self._tries += 1
        return pause_after(self._tries, first=self._first, longest=self._longest)


def pause_after(tries: int, *, first: float, longest: float) -> float:
    """Return the seconds to wait after a number of failed tries, for retries that are stored."""
    pause = min(first * 2.0 ** min(tries - 1, _MOST_DOUBLINGS), longest)
    return pause * (1 - random.random() * _SPREAD)  # noqa: S311 - no secret
