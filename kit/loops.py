"""Background work in rounds: woken, else at intervals.

A failed round is tried again after a growing pause.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable

from kit import metrics
from kit.logs import trouble

log = logging.getLogger(__name__)

Round = Callable[[], Awaitable[bool]]  # True: there may be more to do at once

_LONGEST_PAUSE = 10.0  # seconds


class Loop:
    def __init__(self, name: str, work: Round, *, every: float) -> None:
        """`every`: seconds between rounds while there is nothing to do."""
        self.name = name
        self.beat_at = time.monotonic()
        self._work = work
        self._every = every
        self._wake = asyncio.Event()
        self._stopping = False

    def wake(self) -> None:
        self._wake.set()

    def stop(self) -> None:
        self._stopping = True
        self._wake.set()

    async def run(self) -> None:
        pause = 0.1
        while not self._stopping:
            self.beat_at = time.monotonic()
            self._wake.clear()
            try:
                more = await self._work()
                pause = 0.1
            except Exception as error:  # noqa: BLE001 - a loop outlives its rounds; the failure is counted and told
                metrics.LOOP_FAILURES.labels(self.name).inc()
                trouble(
                    log, "a round failed and is tried again", error, loop=self.name, again_in_seconds=pause
                )
                await self._sleep(pause)
                pause = min(pause * 2, _LONGEST_PAUSE)
            else:
                if not more:
                    await self._sleep(self._every)

    async def _sleep(self, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self._wake.wait()
        except TimeoutError:
            return
