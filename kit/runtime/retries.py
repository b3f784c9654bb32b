"""Pauses between retries: exponential, with jitter."""

import random
from typing import Final

LONGEST: Final = 10.0  # seconds
_FIRST: Final = 0.1  # seconds
_SPREAD: Final = 0.5  # share of a pause that is random, so that processes do not retry together


class Backoff:
    """The pauses of one retried action. Call `reset` after a success."""

    def __init__(self) -> None:
        self._next = _FIRST

    def reset(self) -> None:
        self._next = _FIRST

    def next(self) -> float:
        """Return the seconds to wait now."""
        pause, self._next = self._next, min(self._next * 2, LONGEST)
        return pause * (1 - random.random() * _SPREAD)  # noqa: S311 - no secret
