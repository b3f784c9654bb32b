"""Gauges that are measured at each scrape, so that they stay correct when processing stops.

A source that cannot be measured never reports an old zero: its ages grow, and its zeros become NaN.
"""

import asyncio
import logging
import math
import time
from collections.abc import Awaitable, Callable, Sequence

from prometheus_client import Gauge

from kit.database.database import Database, Session
from kit.runtime import metrics
from kit.runtime.clock import GuardedClock
from kit.runtime.logs import log_problem

log = logging.getLogger(__name__)

Measure = Callable[[Session], Awaitable[None]]

_WITHIN = 2.0  # seconds for one source: a scrape has ten
_FRESH = 0.5  # seconds in which a scrape reuses the last measurement


class Source:
    """Measures some gauges. `ages` are in seconds; `counts` are numbers of waiting items."""

    def __init__(
        self,
        name: str,
        measure: Callable[[], Awaitable[None]],
        *,
        ages: Sequence[Gauge] = (),
        counts: Sequence[Gauge] = (),
        within: float = _WITHIN,
    ) -> None:
        self.name = name
        self._measure = measure
        self._ages = ages
        self._counts = counts
        self._within = within
        self._measured_at = time.monotonic()
        self._measured = self._ages_now()
        self._failing_since: float | None = None
        metrics.MEASUREMENT_FAILING.labels(name).set(0)

    async def refresh(self) -> None:
        """Measure within the time limit. Never raises: the gauges show a failure."""
        try:
            async with asyncio.timeout(self._within):
                await self._measure()
        except Exception as error:  # noqa: BLE001 - a scrape must be answered whatever is away
            if self._failing_since is None:
                log_problem(log, "gauges cannot be measured", error, source=self.name)
                self._failing_since = time.monotonic()
            self._grow_old()
        else:
            self._failing_since = None
            self._measured_at = time.monotonic()
            self._measured = self._ages_now()
        failing = 0.0 if self._failing_since is None else time.monotonic() - self._failing_since
        metrics.MEASUREMENT_FAILING.labels(self.name).set(failing)

    def _ages_now(self) -> list[tuple[Gauge, dict[str, str], float]]:
        return [(gauge, labels, value) for gauge in self._ages for labels, value in _values(gauge)]

    def _grow_old(self) -> None:
        elapsed = time.monotonic() - self._measured_at
        for gauge, labels, value in self._measured:
            _child(gauge, labels).set(value + elapsed)
        for gauge in self._counts:
            for labels, value in _values(gauge):
                if value == 0:
                    _child(gauge, labels).set(math.nan)


def _values(gauge: Gauge) -> list[tuple[dict[str, str], float]]:
    return [(sample.labels, sample.value) for family in gauge.collect() for sample in family.samples]


def _child(gauge: Gauge, labels: dict[str, str]) -> Gauge:
    return gauge.labels(**labels) if labels else gauge


class Collector:
    """Refreshes every source for a scrape. Queries share one connection outside the service's pool."""

    def __init__(self, database_url: str, *, name: str, clock: GuardedClock | None = None) -> None:
        self._database = Database(database_url, name=f"{name}-metrics", pool_size=1, clock=clock)
        self._sources: list[Source] = []
        self._queries: list[Source] = []
        self._immediate: list[Callable[[], None]] = []
        self._lock = asyncio.Lock()
        self._fresh_until = 0.0

    def add(self, source: Source) -> None:
        """Add a source outside this service's database."""
        self._sources.append(source)

    def add_query(
        self, name: str, measure: Measure, *, ages: Sequence[Gauge] = (), counts: Sequence[Gauge] = ()
    ) -> None:
        """Add gauges that one short transaction sets."""

        async def measured() -> None:
            async with self._database.transaction() as session:
                await session.execute("set local statement_timeout = '2s'")
                await measure(session)

        self._queries.append(Source(name, measured, ages=ages, counts=counts))

    def add_immediate(self, measure: Callable[[], None]) -> None:
        """Add gauges that this process sets without I/O."""
        self._immediate.append(measure)

    async def refresh(self) -> None:
        async with self._lock:
            if time.monotonic() >= self._fresh_until:
                await asyncio.gather(self._query(), *(source.refresh() for source in self._sources))
                for measure in self._immediate:
                    measure()
                self._fresh_until = time.monotonic() + _FRESH

    async def _query(self) -> None:
        for source in self._queries:
            await source.refresh()

    async def close(self) -> None:
        await self._database.close()
