"""From a real broker through FastStream to the database: no loss and no duplicates."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import pytest
from aiokafka import AIOKafkaProducer
from confluent_kafka import Consumer as ConfluentConsumer
from confluent_kafka import TopicPartition

from contracts.events.ids import IncidentId, RegistrationId
from contracts.events.registration import TOPIC, ConsentWithdrawn
from contracts.events.vocabulary import Purpose
from contracts.wire.catalogue import EVENTS, TOPICS
from deploy.local.broker import Broker
from kit.database.database import Database, Session
from kit.kafka.consumer import Consumer, make_broker
from kit.kafka.parking import Parking
from kit.kafka.records import Delivery, KafkaRecord
from kit.kafka.topics import provision_topics
from kit.runtime.ids import new_id
from tests.broker.broker_choice import chosen
from tests.conftest import Databases
from tests.poison import POISON, record

INCIDENT = IncidentId(new_id())
GOOD = 500


@pytest.fixture
async def broker(tmp_path: Path) -> AsyncIterator[Broker]:
    made = chosen(tmp_path)
    await made.start()
    await asyncio.to_thread(
        provision_topics, made.bootstrap, TOPICS, replication=made.replication, min_insync=made.min_insync
    )
    yield made
    made.kill()


class Taker:
    """Records every event. It can be blocked before it records."""

    def __init__(self, database: Database, databases: Databases) -> None:
        self.database = database
        self.held = asyncio.Event()
        self.go_on = asyncio.Event()
        self.go_on.set()
        self._databases = databases
        self._noted = asyncio.Event()

    async def handle(self, session: Session, deliveries: Sequence[Delivery]) -> None:
        self.held.set()
        await self.go_on.wait()
        people = [d.event.registration_id for d in deliveries if isinstance(d.event, ConsentWithdrawn)]
        await session.execute("insert into noted (registration_id) select unnest($1::uuid[])", people)
        self._noted.set()

    @asynccontextmanager
    async def taking(self, broker: Broker) -> AsyncIterator[Consumer]:
        consumer = Consumer(
            service="outreach",
            database=self.database,
            parking=Parking(self._databases.master()),
            known=EVENTS,
            wanted=frozenset({ConsentWithdrawn}),
            handler=self.handle,
            brake_after=50,
        )
        consumer.after_batch.append(self._noted.set)
        kafka = make_broker(broker.bootstrap, "outreach")
        consumer.subscribe(kafka, [TOPIC], batch_size=100, session_timeout=6)
        await kafka.start()
        try:
            yield consumer
        finally:
            consumer.stop()
            await kafka.stop()

    async def until(self, count: int) -> list[UUID]:
        """Wait until so many were written down; give all."""
        async with asyncio.timeout(60):
            while True:
                self._noted.clear()  # before the look: what happens during it is not missed
                if len(noted := await self._people()) >= count:
                    return noted
                await self._noted.wait()

    async def until_committed(self, broker: Broker, messages: int) -> None:
        """Wait until the group's offsets stand behind so many messages."""
        async with asyncio.timeout(60):
            while True:
                self._noted.clear()
                if await asyncio.to_thread(committed, broker) >= messages:
                    return
                await self._noted.wait()

    async def _people(self) -> list[UUID]:
        async with self.database.transaction() as session:
            return [row[0] for row in await session.fetch("select registration_id from noted order by seen")]


@pytest.fixture
def taker(empty_kit: Database, databases: Databases) -> Taker:
    return Taker(empty_kit, databases)


def withdrawals(count: int) -> list[KafkaRecord]:
    """Return the records of so many withdrawals; every tenth is of the same person."""
    one = RegistrationId(new_id())
    events = [
        ConsentWithdrawn(
            incident_id=INCIDENT,
            exercise=True,
            registration_id=one if n % 10 == 0 else RegistrationId(new_id()),
            purpose=Purpose.CONTACT,
            withdrawn_at=datetime(2026, 11, 25, tzinfo=UTC),
        )
        for n in range(count)
    ]
    return [record(event, str(new_id()), offset=n) for n, event in enumerate(events)]


async def produce(broker: Broker, records: Sequence[KafkaRecord]) -> None:
    async with AIOKafkaProducer(
        bootstrap_servers=broker.bootstrap,
        enable_idempotence=broker.idempotence,
        max_request_size=4 * 1024 * 1024,
    ) as producer:
        sent = [await producer.send(r.topic, r.value, r.key, headers=list(r.headers)) for r in records]
        await asyncio.gather(*sent)


def committed(broker: Broker) -> int:
    """Add up the group's committed offsets, without joining the group."""
    client = ConfluentConsumer({"bootstrap.servers": broker.bootstrap, "group.id": "outreach"})
    try:
        found = client.committed([TopicPartition(TOPIC, number) for number in range(12)], timeout=10)
        return sum(max(0, partition.offset) for partition in found)
    finally:
        client.close()


def keys(records: Sequence[KafkaRecord]) -> Counter[str]:
    return Counter((r.key or b"").decode() for r in records)


async def test_poison_among_the_good_is_parked_and_everybody_else_is_taken(
    broker: Broker, taker: Taker
) -> None:
    good = withdrawals(GOOD)
    mixed = list(good)
    for place, spoil in enumerate(POISON.values()):
        mixed.insert(place * 50 + 3, spoil(withdrawals(1)[0]))
    await produce(broker, mixed)

    async with taker.taking(broker):
        noted = await taker.until(GOOD)
        await taker.until_committed(broker, len(mixed))

    assert Counter(map(str, noted)) == keys(good)
    async with taker.database.transaction() as session:
        assert await session.fetchval("select count(*) from parked") == len(POISON)


async def test_stopped_in_the_middle_of_a_batch_it_is_taken_once_by_the_next(
    broker: Broker, taker: Taker
) -> None:
    records = withdrawals(50)
    await produce(broker, records)
    taker.go_on.clear()

    async with taker.taking(broker):
        await asyncio.wait_for(taker.held.wait(), 60)
        taker.go_on.set()
    async with taker.taking(broker):
        noted = await taker.until(len(records))

    assert Counter(map(str, noted)) == keys(records)


async def test_taken_again_from_the_start_nothing_is_done_twice(broker: Broker, taker: Taker) -> None:
    records = withdrawals(200)
    await produce(broker, records)
    async with taker.taking(broker):
        await taker.until(len(records))

    await produce(broker, records)
    last = withdrawals(1)
    await produce(broker, last)
    async with taker.taking(broker):
        noted = await taker.until(len(records) + 1)
        await taker.until_committed(broker, 2 * len(records) + 1)
        noted = await taker.until(len(records) + 1)

    assert Counter(map(str, noted)) == keys([*records, *last])


async def test_the_order_of_a_key_is_kept(broker: Broker, taker: Taker) -> None:
    """The handler gets each person's events in the order they were sent, over many batches."""
    order: dict[str, list[str]] = {}

    async def note_order(session: Session, deliveries: Sequence[Delivery]) -> None:
        for delivery in deliveries:
            order.setdefault(delivery.event.key(), []).append(str(delivery.envelope.id))
        await Taker.handle(taker, session, deliveries)

    records = withdrawals(GOOD)
    await produce(broker, records)
    taker.handle = note_order  # type: ignore[method-assign]  # the handler the consumer is made with
    async with taker.taking(broker):
        await taker.until(GOOD)

    sent: dict[str, list[str]] = {}
    for r in records:
        sent.setdefault((r.key or b"").decode(), []).append((dict(r.headers)["ce_id"] or b"").decode())
    assert order == sent
