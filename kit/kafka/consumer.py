"""Consume Kafka in batches. A batch is one transaction with its inbox claims; then the offset is committed.

Only this module configures FastStream, with the settings that lose no message (docs/decisions/0002): manual
acknowledgement, a parser that never raises, raw bytes, earliest offset, no auto-created topics.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence

from aiokafka import ConsumerRecord
from aiokafka.errors import KafkaError
from faststream import AckPolicy
from faststream.kafka import KafkaBroker
from faststream.kafka.message import FAKE_CONSUMER, KafkaMessage

from contracts.wire.event import Event
from kit.database import inbox
from kit.database.database import Database, Session, is_transient
from kit.kafka.parking import Brake, Parking, Reject
from kit.kafka.records import Delivery, KafkaRecord, NotForUs, Undecodable, decode
from kit.runtime import metrics, tracing
from kit.runtime.logs import log_event, log_problem
from kit.runtime.retries import Backoff

log = logging.getLogger(__name__)

Handler = Callable[[Session, Sequence[Delivery]], Awaitable[None]]
Parked = tuple[KafkaRecord, str]


class Braked(Exception):  # noqa: N818 - a state
    """Too many messages in a row were parked: nothing of this batch was written."""


class Stopping(Exception):  # noqa: N818 - a state
    """The process is ending. The current batch was not committed and will be delivered again."""


def make_broker(bootstrap: str, client_id: str) -> KafkaBroker:
    return KafkaBroker(
        bootstrap.split(","),
        client_id=client_id,
        consumer_only=True,
        allow_auto_create_topics=False,
        graceful_timeout=15.0,
        apply_types=False,
        logger=logging.getLogger("faststream"),
        log_level=logging.DEBUG,
        request_timeout_ms=30_000,
        metadata_max_age_ms=30_000,
    )


async def raw_batch(message: tuple[ConsumerRecord, ...]) -> KafkaMessage:
    """Return the message unparsed. FastStream's own parser loses a batch with one bad header."""
    return KafkaMessage(
        body=b"", raw_message=message, headers={}, message_id="", correlation_id="", consumer=FAKE_CONSUMER
    )


async def as_records(message: KafkaMessage) -> list[KafkaRecord]:
    return [
        KafkaRecord(r.topic, r.partition, r.offset, r.timestamp, r.key, r.value, tuple(r.headers))
        for r in message.raw_message
    ]


class Consumer:
    """The subscriber of one service. `known`: all event classes by type; `wanted`: those it handles."""

    def __init__(
        self,
        *,
        service: str,
        database: Database,
        parking: Parking,
        known: Mapping[str, type[Event]],
        wanted: frozenset[type[Event]],
        handler: Handler,
        brake_after: int,
    ) -> None:
        self.service = service
        self.brake = Brake(brake_after)
        self.braked = False
        self.failing_since: float | None = None  # by time.time, as the next two
        self.held_since: float | None = None
        self.in_hand_since: float | None = None  # write time of the oldest message in the current batch
        self.after_batch: list[Callable[[], None]] = []  # called after each batch
        self._database = database
        self._parking = parking
        self._known = known
        self._wanted = wanted
        self._handler = handler
        self._stopping = asyncio.Event()
        self._released = asyncio.Event()
        self._let_through = False

    def subscribe(
        self, broker: KafkaBroker, topics: Sequence[str], *, batch_size: int, session_timeout: float
    ) -> None:
        self._subscriber = broker.subscriber(
            *topics,
            group_id=self.service,
            batch=True,
            max_records=batch_size,
            batch_timeout_ms=20,
            auto_offset_reset="earliest",
            ack_policy=AckPolicy.MANUAL,
            parser=raw_batch,
            decoder=as_records,
            fetch_max_wait_ms=100,
            max_partition_fetch_bytes=4 * 1024 * 1024,
            session_timeout_ms=int(session_timeout * 1000),
            heartbeat_interval_ms=int(session_timeout * 300),
            max_poll_interval_ms=300_000,
        )
        self._subscriber(self.on_batch)

    async def on_batch(self, records: list[KafkaRecord]) -> None:
        """Handle a batch, retrying without limit; only the brake stops it.

        A stopping process takes no batch, so that no later commit passes over an unhandled one.
        """
        if self._stopping.is_set():
            return
        started = time.monotonic()
        self.in_hand_since = min(r.timestamp for r in records) / 1000
        try:
            await self._until_handled(records)
            await self._commit_offsets()
        except Stopping:
            return
        self.in_hand_since = None
        for wake in self.after_batch:
            wake()
        metrics.BATCH_SIZE.observe(len(records))
        metrics.BATCH_SECONDS.observe(time.monotonic() - started)

    async def _until_handled(self, records: list[KafkaRecord]) -> None:
        pauses = Backoff()
        while True:
            try:
                await self.handle(records)
            except Braked:
                await self._wait_for_release(records)
            except Stopping:
                raise
            except Exception as error:  # noqa: BLE001 - an exception would commit past the batch
                metrics.BATCH_RETRIES.inc()
                self.failing_since = self.failing_since or time.time()
                pause = pauses.next()
                log_problem(log, "a batch is tried again", error, again_in_seconds=round(pause, 2))
                await self._pause(pause)
            else:
                self.failing_since = None
                return

    async def handle(self, records: Sequence[KafkaRecord]) -> None:
        """Handle one batch in one transaction. Raise Braked, or the error of the database."""
        decoded = [decode(record, self._known, self._wanted) for record in records]
        deliveries = [d for d in decoded if isinstance(d, Delivery)]
        parked: dict[int, Parked] = {
            id(d.record): (d.record, d.reason) for d in decoded if isinstance(d, Undecodable)
        }
        if not deliveries and not parked:
            return
        links = tuple({d.envelope.traceparent for d in deliveries[:64] if d.envelope.traceparent})
        with tracing.span(f"{self.service} batch", links, messages=len(records)):
            async with self._database.transaction() as session:
                fresh = await self._claim(session, deliveries)
                with tracing.handling(self.service, _traced(fresh)):
                    refused = await self._halve(session, fresh)
                parked |= {id(delivery.record): (delivery.record, reason) for delivery, reason in refused}
                self._watch_brake([id(d.record) in parked for d in decoded if not isinstance(d, NotForUs)])
                if parked:
                    await self._parking.park(session, list(parked.values()))
        self._count(decoded, deliveries, fresh, list(parked.values()))

    async def replay(self, session: Session, record: KafkaRecord) -> str | None:
        """Handle a parked message again, in the caller's transaction. Return the reason if it fails."""
        decoded = decode(record, self._known, self._wanted)
        if isinstance(decoded, Undecodable):
            return decoded.reason
        if isinstance(decoded, Delivery):
            await inbox.claim(session, [decoded.envelope.id])
            still = await self._halve(session, [decoded])
            return still[0][1] if still else None
        return None

    async def _claim(self, session: Session, deliveries: Sequence[Delivery]) -> list[Delivery]:
        """Return the deliveries that are new: not in an earlier batch, and only once in this one."""
        if not deliveries:
            return []
        first = {d.envelope.id: d for d in reversed(deliveries)}
        new = await inbox.claim(session, list(first))
        return [d for d in deliveries if d.envelope.id in new and first[d.envelope.id] is d]

    async def _halve(self, session: Session, deliveries: Sequence[Delivery]) -> list[tuple[Delivery, str]]:
        """Handle the deliveries in order. Isolate by halving and return those that cannot be handled."""
        if not deliveries:
            return []
        try:
            async with session.savepoint():
                await self._handler(session, deliveries)
        except Exception as error:
            if is_transient(error):
                raise
            if len(deliveries) == 1:
                return [(deliveries[0], _reason(error))]
        else:
            return []
        middle = len(deliveries) // 2
        left = await self._halve(session, deliveries[:middle])
        if len(left) == middle >= self.brake.limit and not self._let_through:
            raise Braked
        return left + await self._halve(session, deliveries[middle:])

    def _watch_brake(self, parked: Sequence[bool]) -> None:
        """Count parked messages in a row. Raise Braked when the brake trips: the batch is not written."""
        in_a_row = self.brake.in_a_row
        for is_parked in parked:
            if is_parked:
                self.brake.parked()
            else:
                self.brake.passed()
            if self.brake.tripped and not self._let_through:
                self.brake.in_a_row = in_a_row
                raise Braked

    async def _wait_for_release(self, records: Sequence[KafkaRecord]) -> None:
        self.braked = True
        self.held_since = time.time()
        first = records[0]
        log_problem(
            log, "the brake stopped the consumer: too many messages in a row cannot be handled",
            topic=first.topic, partition=first.partition, offset=first.offset,
        )  # fmt: skip
        await self._first_of(self._released)
        self._released.clear()
        self.braked = False
        self.held_since = None
        self._let_through = True

    def release(self) -> bool:
        """Let the waiting batch pass and park its bad messages. Return False if the brake is not on."""
        if self.braked:
            self._released.set()
        return self.braked

    def stop(self) -> None:
        self._stopping.set()

    async def _pause(self, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self._stopping.wait()
        except TimeoutError:
            return
        raise Stopping

    async def _first_of(self, released: asyncio.Event) -> None:
        waits = {asyncio.ensure_future(e.wait()) for e in (released, self._stopping)}
        _, pending = await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        for wait in pending:
            wait.cancel()
        if self._stopping.is_set():
            raise Stopping

    async def _commit_offsets(self) -> None:
        """Commit the offsets. After a failure the messages are delivered again, and the inbox drops them."""
        self._let_through = False
        consumer = self._subscriber.consumer
        if consumer is None:
            return
        try:
            await consumer.commit()
        except KafkaError as error:
            log_problem(log, "the offset was not committed; the batch will come again", error)

    def _count(
        self,
        decoded: Sequence[object],
        deliveries: Sequence[Delivery],
        fresh: Sequence[Delivery],
        parked: Sequence[Parked],
    ) -> None:
        topics = {record.topic for record, _ in parked}
        for topic in topics:
            metrics.PARKED.labels(topic).inc(sum(record.topic == topic for record, _ in parked))
        for record, reason in parked:
            log_event(
                log,
                "parked",
                topic=record.topic,
                partition=record.partition,
                offset=record.offset,
                reason=reason,
            )
        metrics.CONSUMED.labels("seen_before").inc(len(deliveries) - len(fresh))
        metrics.CONSUMED.labels("handled").inc(len(decoded) - len(parked) - (len(deliveries) - len(fresh)))

    def measure(self) -> None:
        """Set the gauges of this process's current batch."""
        now = time.time()
        metrics.OLDEST_SECONDS.set(0 if self.in_hand_since is None else max(0.0, now - self.in_hand_since))
        metrics.CONSUMER_FAILING.set(0 if self.failing_since is None else max(0.0, now - self.failing_since))
        metrics.BRAKED.set(self.braked)

    def seconds_since_poll(self) -> float | None:
        """Return the seconds since the last answered fetch; None while no partition is assigned."""
        consumer = self._subscriber.consumer
        if consumer is None:
            return None
        polls = [
            stamp for p in consumer.assignment() if (stamp := consumer.last_poll_timestamp(p)) is not None
        ]
        return time.time() - max(polls) / 1000 if polls else None


def _traced(deliveries: Sequence[Delivery]) -> Iterable[tuple[str, str, str | None]]:
    return ((d.envelope.subject, d.envelope.type, d.envelope.traceparent) for d in deliveries)


def _reason(error: Exception) -> str:
    """Return a reason without the exception's text, which may hold personal data."""
    if isinstance(error, Reject):
        return error.reason
    trace, place = error.__traceback__, ""
    while trace is not None:
        code = trace.tb_frame.f_code
        place, trace = f"{code.co_filename.rpartition('/')[2]}:{trace.tb_lineno}", trace.tb_next
    return f"the handler raised {type(error).__name__} at {place}"
