"""How long to wait before something is tried again: longer each time, and never all at the same moment."""

import random
from typing import Final

LONGEST: Final = 10.0  # seconds
_FIRST: Final = 0.1  # seconds
_SPREAD: Final = 0.5  # the part of a pause that chance may take away: processes that failed together part


class Pauses:
    """The pauses of one retry. `reset` it after a success."""

    def __init__(self) -> None:
        self._next = _FIRST

    def reset(self) -> None:
        self._next = _FIRST

    def next(self) -> float:
        """Return the seconds to wait now."""
        pause, self._next = self._next, min(self._next * 2, LONGEST)
        return pause * (1 - random.random() * _SPREAD)  # noqa: S311 - nobody gains by guessing it
