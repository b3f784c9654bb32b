"""The process of a service: HTTP, consumer, relay and loops, started and drained in order."""

import asyncio
import gc
import logging
import socket
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import uvicorn
from aiokafka.errors import KafkaError
from fastapi import APIRouter, FastAPI, Response
from faststream.kafka import KafkaBroker

from contracts.wire.asyncapi import document
from contracts.wire.catalogue import EVENTS, consumed_by, published_by
from contracts.wire.event import Event
from kit.database import partitions
from kit.database.database import Database, Session
from kit.database.schema import DAILY
from kit.http import operations
from kit.http.edge import LOOPBACK, EdgeRules, TimeLimitedProtocol
from kit.http.web import make_app
from kit.kafka import relay
from kit.kafka.consumer import Consumer, Handler, make_broker
from kit.kafka.group_lag import GroupLag
from kit.kafka.parking import Parking
from kit.kafka.producer import Producer
from kit.kafka.relay import Relay
from kit.kafka.topic_ids import TopicIds
from kit.privacy.keyring import Keyring, MasterKey
from kit.runtime import logs, maintenance, metrics, tracing
from kit.runtime.collector import Collector, Source
from kit.runtime.loops import Loop
from kit.runtime.maintenance import Maintenance
from kit.runtime.retries import Backoff
from kit.runtime.settings import ServiceSettings, split_names

log = logging.getLogger(__name__)

_STALE_POLL = 60.0  # seconds without an answer to a fetch before the service is not ready
_STALE_LOOP = 300.0  # seconds without a new round, beyond the interval, before the process is not alive
_TOO_LONG = 30.0  # seconds for which consumer or relay have failed before the service is not ready


class Service:
    """The parts of every service. A service's `app.py` creates one, adds its own parts and calls `run`."""

    def __init__(self, name: str, settings: ServiceSettings) -> None:
        logs.configure(name, settings.log_level)
        tracing.configure(name, settings.otlp_endpoint, settings.traced_share)
        self.name = name
        self.settings = settings
        self.clock = settings.clock()
        self.master = MasterKey.from_file(settings.master_key_file)
        self.database = Database(settings.database_url, name=name, clock=self.clock)
        metrics.CLOCK_DRIFT.set_function(self._clock_drift)
        self.keyring = Keyring(
            Database(settings.keyring_url, name=f"{name}-keyring", pool_size=4), self.master
        )
        self.parking = Parking(self.master)
        self.consumer: Consumer | None = None
        self.producer = Producer(settings.broker, client_id=name, idempotence=settings.broker_idempotence)
        self.relay = Relay(self.database, self.producer, source=f"/folgeskab/{name}")
        self._lag: Source | None = None
        self.topic_ids = TopicIds(settings.broker, self.database, published_by(name))
        self.clients: list[Callable[[], Awaitable[None]]] = []  # close the connections to other services
        self.ending: list[Callable[[], None]] = []  # called first at a shutdown, while responses are open
        self.maintenance = Maintenance(self.database, outbox_days=settings.outbox_days)
        self.loops: list[Loop] = [Loop("maintenance", self.maintenance.round, every=maintenance.EVERY)]
        self.loops.append(Loop("topics", self.topic_ids.round, every=30.0))
        self._after_batch: list[Callable[[], None]] = []
        self.collector = self._collector()
        self.edge = EdgeRules(hosts={*LOOPBACK, name, *split_names(settings.hosts)})
        self.app = make_app(name, self.collector.refresh, self.edge, lifespan=self._lifespan)
        self._broker: KafkaBroker | None = None

    def _clock_drift(self) -> float:
        return self.clock.drift.total_seconds()

    def consume(self, wanted: Sequence[type[Event]], handler: Handler) -> None:
        """Consume the wanted events from the topics that the catalogue assigns to this service."""
        self.consumer = Consumer(
            service=self.name,
            database=self.database,
            parking=self.parking,
            known=EVENTS,
            wanted=frozenset(wanted),
            handler=handler,
            brake_after=self.settings.brake_after,
        )
        topics = consumed_by(self.name)
        for topic in topics:
            metrics.PARKED.labels(topic)
        self._lag = GroupLag(self.settings.broker, self.name, topics).source()
        self.collector.add(self._lag)

    def _collector(self) -> Collector:
        """Return the collector of the gauges that every service has."""
        made = Collector(self.settings.database_url, name=self.name, clock=self.clock)
        made.add_query("outbox", relay.measure, ages=(metrics.RELAY_OLDEST,), counts=(metrics.RELAY_BACKLOG,))
        made.add_query("parked", self._measure_parked, counts=(metrics.PARKED_OPEN,))
        made.add_query("activity", _measure_transactions, ages=(metrics.OLDEST_TRANSACTION,))
        made.add_query(
            "partitions", partial(partitions.measure, tables=DAILY), counts=(metrics.DEFAULT_PARTITION,)
        )
        made.add_immediate(self._measure_process)
        return made

    def _measure_process(self) -> None:
        for loop in self.loops:
            loop.measure()
        if self.consumer is not None:
            self.consumer.measure()

    async def _measure_parked(self, session: Session) -> None:
        metrics.PARKED_OPEN.set(await self.parking.count(session))

    def loop(self, loop: Loop, *, after_batch: bool = True, decides: bool = True) -> None:
        """Add a loop. `after_batch`: every handled batch wakes it.

        `decides`: the loop may end or delete something, so it rests while the clocks disagree.
        """
        if decides:
            loop.only_if = self.database.clocks_agree
        self.loops.append(loop)
        if after_batch:
            self._after_batch.append(loop.wake)

    def include(self, *routers: APIRouter) -> None:
        for router in routers:
            self.app.include_router(router)

    def run(self) -> None:
        """Serve until SIGTERM or SIGINT, then drain. Blocks."""
        if self.clock.offset:
            asyncio.run(self.maintenance.exit_on_moved_clock())
        tune_gc()
        if self.consumer is not None:
            self.consumer.after_batch += self._after_batch
        self.app.include_router(operations.router(self.database, self.parking, self.relay, self.consumer))
        self.app.add_api_route("/health/live", self._live, include_in_schema=False)
        self.app.add_api_route("/health/ready", self._ready, include_in_schema=False)
        self.app.add_api_route("/asyncapi.json", lambda: document(self.name), include_in_schema=False)
        config = uvicorn.Config(
            self.app,
            host=self.settings.http_host,
            port=self.settings.http_port,
            loop="uvloop",
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,  # a service that reads one checks first that our proxy wrote it
            http=TimeLimitedProtocol,
            timeout_graceful_shutdown=10,
        )
        server = _Server(config, self.ending)
        with suppress(KeyboardInterrupt):
            server.run()
        if not server.started:
            sys.exit(3)  # as uvicorn.run does

    @asynccontextmanager
    async def _lifespan(self, _app: FastAPI) -> AsyncIterator[None]:
        tasks = [asyncio.create_task(loop.run(), name=loop.name) for loop in self.loops]
        tasks.append(asyncio.create_task(self.relay.run(), name="relay"))
        starting = asyncio.create_task(self._start_consumer(), name="consumer")
        logs.log_event(log, "started", port=self.settings.http_port)
        try:
            yield
        finally:
            await self._drain(starting, tasks)
            logs.log_event(log, "stopped")

    async def _drain(self, starting: asyncio.Task[None], tasks: list[asyncio.Task[None]]) -> None:
        """Stop the consumer, then the loops, then the relay. An unfinished batch is delivered again."""
        starting.cancel()
        await asyncio.gather(starting, return_exceptions=True)
        if self.consumer is not None:
            self.consumer.stop()
        if self._broker is not None:
            await self._broker.stop()
        for loop in self.loops:
            loop.stop()
        self.relay.stop()
        await asyncio.wait(tasks, timeout=15)
        await self.close()

    async def close(self) -> None:
        """Close the connections to other services, the keyring and the database."""
        for close in self.clients:
            await close()
        await self.keyring.close()
        await self.collector.close()
        await self.database.close()

    async def _start_consumer(self) -> None:
        if self.consumer is None:
            return
        if self._lag is not None:
            await (
                self._lag.refresh()
            )  # before the group continues: afterwards skipped messages cannot be counted
        pauses = Backoff()
        while True:
            broker = make_broker(self.settings.broker, self.name)
            self.consumer.subscribe(
                broker,
                consumed_by(self.name),
                batch_size=self.settings.batch_size,
                session_timeout=self.settings.broker_session_timeout,
            )
            try:
                await broker.start()
            except (KafkaError, OSError) as error:
                pause = pauses.next()
                logs.log_problem(
                    log, "Kafka does not answer; retrying", error, again_in_seconds=round(pause, 2)
                )
                await broker.stop()
                await asyncio.sleep(pause)
            else:
                self._broker = broker
                return

    def _live(self) -> Response:
        late = [loop.name for loop in self.loops if loop.late > _STALE_LOOP]
        return Response("the loops stand still: " + ", ".join(late) if late else "live", 503 if late else 200)

    async def _ready(self, response: Response) -> dict[str, Any]:
        database = "ready"
        try:
            await self.database.ping()
        except Exception as error:  # noqa: BLE001 - any error means: not ready
            logs.log_problem(log, "the database does not answer", error)
            database = "away"
        consumer, failing, held_back = self._consumer_state(), self._failing(), self._held_back()
        stuck = [at for name, at in failing.items() if name in {"consumer", "relay"}]
        too_long = time.time() - min(stuck, default=time.time()) > _TOO_LONG
        away = database == "away" or consumer in {"starting", "stale"}
        if away or too_long or not self.clock.agrees:
            response.status_code = 503
        return {
            "database": database,
            "consumer": consumer,
            "clock": self.clock.state(),
            "leads_relay": self.relay.leads,
            "republish": self.topic_ids.younger,
            "failing_since": {name: _moment(at) for name, at in failing.items()},
            "held_back_since": {name: _moment(at) for name, at in held_back.items()},
        }

    def _failing(self) -> dict[str, float]:
        """Return the failing parts with the time of their first failure."""
        parts: dict[str, float | None] = {loop.name: loop.failing_since for loop in self.loops}
        parts["relay"] = self.relay.failing_since
        parts["consumer"] = self.consumer.failing_since if self.consumer is not None else None
        return {name: at for name, at in parts.items() if at is not None}

    def _held_back(self) -> dict[str, float]:
        """Return the parts that wait, and since when: for an operator (brake) or for open transactions."""
        parts = {
            "relay": self.relay.held_since,
            "consumer": self.consumer.held_since if self.consumer is not None else None,
        }
        return {name: at for name, at in parts.items() if at is not None}

    def _consumer_state(self) -> str:
        if self.consumer is None:
            return "none"
        if self.consumer.braked:
            return "braked"
        if self._broker is None:
            return "starting"
        since = self.consumer.seconds_since_poll()
        return "stale" if since is not None and since > _STALE_POLL else "ready"


def _moment(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="seconds")


async def _measure_transactions(session: Session) -> None:
    """Measure the oldest transaction. Without pg_read_all_stats other roles' transactions show no start."""
    oldest = await session.fetchval(
        "select max(clock_timestamp() - xact_start) from pg_stat_activity "
        "where datname = current_database() and pid <> pg_backend_pid()"
    )
    metrics.OLDEST_TRANSACTION.set((oldest or timedelta()).total_seconds())


class _Server(uvicorn.Server):
    """Ends endless responses before a shutdown, which waits for open responses."""

    def __init__(self, config: uvicorn.Config, ending: Sequence[Callable[[], None]]) -> None:
        super().__init__(config)
        self._ending = ending

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        for end in self._ending:
            end()
        await super().shutdown(sockets)


def tune_gc() -> None:
    """Exclude objects created at the start from garbage collection: it took a third of a batch (measured)."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)
