"""A circuit breaker: repeated failures block calls for a pause, then one call tests the register."""

from collections.abc import Callable


class RegisterCircuitBreaker:
    def __init__(self, *, after: int, pause: float, now: Callable[[], float]) -> None:
        """`pause` is in seconds of `now`, which must be monotonic."""
        self._after = after
        self._pause = pause
        self._now = now
        self._failures = 0
        self._open_until: float | None = None

    def admits(self) -> bool:
        if self._open_until is None:
            return True
        if self._now() < self._open_until:
            return False
        self._open_until = self._now() + self._pause  # this call is the test; the others stay blocked
        return True

    def succeeded(self) -> None:
        self._failures = 0
        self._open_until = None

    def failed(self) -> None:
        self._failures += 1
        if self._failures >= self._after:
            self._open_until = self._now() + self._pause

    @property
    def is_open(self) -> bool:
        return self._open_until is not None
