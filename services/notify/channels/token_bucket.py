"""A token bucket: `rate` calls per second on average, `burst` calls at once."""

from collections.abc import Callable


class TokenBucket:
    def __init__(self, *, rate: float, burst: int, now: Callable[[], float]) -> None:
        """`now`: a clock in seconds that never goes backwards."""
        self._interval = 1 / rate
        self._slack = (burst - 1) * self._interval
        self._now = now
        self._full_at = now() - self._slack  # when the bucket is full again without further calls

    def wait(self) -> float:
        """Return the seconds until the next call may start; 0 for now."""
        return max(0.0, self._full_at - self._slack - self._now())

    def take(self) -> None:
        """Reserve the next call. If it lies in the future, wait for it before calling."""
        self._full_at = max(self._full_at, self._now()) + self._interval
