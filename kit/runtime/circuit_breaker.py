"""A circuit breaker: open after enough failures in a row; after a pause one call tries again."""

from collections.abc import Callable

from kit.runtime import metrics


class CircuitBreaker:
    def __init__(self, target: str, *, after: int, pause: float, now: Callable[[], float]) -> None:
        """`target`: the other side, in the metric. `pause`: seconds of `now`, which never goes backwards."""
        self._after = after
        self._pause = pause
        self._now = now
        self._failures = 0
        self._open_until: float | None = None
        metrics.CIRCUIT_OPEN.labels(target).set_function(lambda: self.is_open)

    def admits(self) -> bool:
        if self._open_until is None:
            return True
        if self._now() < self._open_until:
            return False
        self._open_until = self._now() + self._pause  # this call tries; the others wait for its result
        return True

    def succeeded(self) -> None:
        self._failures = 0
        self._open_until = None

    def failed(self, pause: float | None = None) -> None:
        """Count a failure. `pause`: seconds for which the other side asked for no calls."""
        self._failures += 1
        if pause is not None:
            self._open_until = self._now() + pause
        elif self._failures >= self._after:
            self._open_until = self._now() + self._pause

    def opens_in(self) -> float | None:
        """Return the seconds until the next try; None while the circuit is closed."""
        return None if self._open_until is None else max(0.0, self._open_until - self._now())

    @property
    def is_open(self) -> bool:
        return self._open_until is not None
