"""A circuit breaker: after enough failures in a row nobody calls for a while, then one call tries."""

from collections.abc import Callable


class CircuitBreaker:
    def __init__(self, *, after: int, pause: float, now: Callable[[], float]) -> None:
        """`pause` in seconds of `now`, which must never go backwards."""
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
        self._open_until = self._now() + self._pause  # this one tries; the others wait for it
        return True

    def succeeded(self) -> None:
        self._failures = 0
        self._open_until = None

    def failed(self, hold: float | None = None) -> None:
        """`hold`: the provider said itself for how many seconds it wants no calls."""
        self._failures += 1
        if hold is not None:
            self._open_until = self._now() + hold
        elif self._failures >= self._after:
            self._open_until = self._now() + self._pause

    def opens_in(self) -> float | None:
        """Seconds until the next try; None while it is closed."""
        return None if self._open_until is None else max(0.0, self._open_until - self._now())
