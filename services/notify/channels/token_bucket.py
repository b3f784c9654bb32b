"""A token bucket: `rate` calls a second in the long run, `burst` of them at once."""

from collections.abc import Callable


class TokenBucket:
    def __init__(self, *, rate: float, burst: int, now: Callable[[], float]) -> None:
        """`now` in seconds, and never backwards."""
        self._interval = 1 / rate
        self._slack = (burst - 1) * self._interval
        self._now = now
        self._full_at = now() - self._slack  # when the bucket is full again, were nothing more taken

    def wait(self) -> float:
        """Tell in how many seconds the next call may start; 0 for now."""
        return max(0.0, self._full_at - self._slack - self._now())

    def take(self) -> None:
        """Take the next call's place, also where it lies in the future: then wait for it first."""
        self._full_at = max(self._full_at, self._now()) + self._interval
