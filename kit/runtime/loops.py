"""Background loops: a round runs when woken or after an interval. A failed round is retried with a pause."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable

from kit.runtime import metrics
from kit.runtime.logs import log_problem
from kit.runtime.retries import Backoff

log = logging.getLogger(__name__)

Round = Callable[[], Awaitable[bool]]  # True: there may be more to do
Condition = Callable[[], Awaitable[bool]]


class Loop:
    def __init__(self, name: str, work: Round, *, every: float) -> None:
        """`every`: seconds between rounds while there is nothing to do."""
        self.name = name
        self.only_if: Condition | None = None  # checked before every round; the loop waits while False
        self.beat_at = time.monotonic()
        self.failing_since: float | None = None  # by time.time
        metrics.LOOP_FAILURES.labels(name)
        self._work = work
        self._every = every
        self._wake = asyncio.Event()
        self._stopping = False

    @property
    def late(self) -> float:
        """Return the seconds for which no round has begun, beyond the interval."""
        return max(0.0, time.monotonic() - self.beat_at - self._every)

    def measure(self) -> None:
        failing = 0.0 if self.failing_since is None else max(0.0, time.time() - self.failing_since)
        metrics.LOOP_FAILING.labels(self.name).set(failing)
        metrics.LOOP_LATE.labels(self.name).set(self.late)

    def wake(self) -> None:
        self._wake.set()

    def stop(self) -> None:
        self._stopping = True
        self._wake.set()

    async def run(self) -> None:
        pauses = Backoff()
        while not self._stopping:
            self.beat_at = time.monotonic()
            self._wake.clear()
            try:
                more = await self._may_run() and await self._work()
                pauses.reset()
                self.failing_since = None
            except Exception as error:  # noqa: BLE001 - the loop continues; the failure is counted and logged
                metrics.LOOP_FAILURES.labels(self.name).inc()
                self.failing_since = self.failing_since or time.time()
                pause = pauses.next()
                log_problem(
                    log, "a round failed and is tried again", error,
                    loop=self.name, again_in_seconds=round(pause, 2),
                )  # fmt: skip
                await self._sleep(pause)
            else:
                if not more:
                    await self._sleep(self._every)

    async def _may_run(self) -> bool:
        return self.only_if is None or await self.only_if()

    async def _sleep(self, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self._wake.wait()
        except TimeoutError:
            return
