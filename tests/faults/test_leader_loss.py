"""Three nodes of Apache Kafka, one that leads killed while events pass: from outbox to inbox, each once."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import pytest
from confluent_kafka.admin import AdminClient

from contracts.events.ids import IncidentId, RegistrationId
from contracts.events.registration import TOPIC, ConsentWithdrawn
from contracts.events.vocabulary import Purpose
from contracts.wire.catalogue import EVENTS, TOPICS
from deploy.local.kafka import Kafka
from kit.database.database import Database, Session
from kit.database.outbox import emit
from kit.kafka.consumer import Consumer, make_broker
from kit.kafka.parking import Parking
from kit.kafka.producer import Producer
from kit.kafka.records import Delivery
from kit.kafka.relay import Relay
from kit.kafka.topics import provision_topics
from kit.runtime.ids import new_id
from tests.conftest import Databases
from tests.stacks import on_kafka, until

pytestmark = pytest.mark.skipif(not on_kafka(), reason="BROKER=kafka starts three nodes of Apache Kafka")

BATCHES, SIZE = 20, 100
KILLED_AFTER = 5  # batches


@pytest.fixture
async def cluster(tmp_path: Path) -> AsyncIterator[Kafka]:
    made = Kafka(tmp_path, nodes=3)
    await made.start()
    await asyncio.to_thread(
        provision_topics, made.bootstrap, TOPICS, replication=made.replication, min_insync=made.min_insync
    )
    yield made
    made.kill()


def leader(cluster: Kafka) -> int:
    """Return the node that leads the first partition."""
    told = AdminClient({"bootstrap.servers": cluster.bootstrap}).list_topics(TOPIC, timeout=20)
    return int(told.topics[TOPIC].partitions[0].leader)


def withdrawal(person: UUID) -> ConsentWithdrawn:
    return ConsentWithdrawn(
        incident_id=IncidentId(person),
        registration_id=RegistrationId(person),
        exercise=True,
        purpose=Purpose.CONTACT,
        withdrawn_at=datetime(2026, 11, 25, tzinfo=UTC),
    )


async def note(session: Session, deliveries: Sequence[Delivery]) -> None:
    people = [d.event.registration_id for d in deliveries if isinstance(d.event, ConsentWithdrawn)]
    await session.execute("insert into noted (registration_id) select unnest($1::uuid[])", people)


@asynccontextmanager
async def passing(cluster: Kafka, database: Database, databases: Databases) -> AsyncIterator[None]:
    """Relay what stands in the outbox, and take it again."""
    relay = Relay(database, Producer(cluster.bootstrap, client_id="test", idempotence=True), source="/test")
    consumer = Consumer(
        service="outreach",
        database=database,
        parking=Parking(databases.master()),
        known=EVENTS,
        wanted=frozenset({ConsentWithdrawn}),
        handler=note,
        brake_after=50,
    )
    kafka = make_broker(cluster.bootstrap, "outreach")
    consumer.subscribe(kafka, [TOPIC], batch_size=SIZE, session_timeout=6)
    relaying = asyncio.create_task(relay.run())
    await kafka.start()
    try:
        yield
    finally:
        consumer.stop()
        await kafka.stop()
        relay.stop()
        await relaying


async def taken(database: Database) -> list[UUID]:
    async with database.transaction() as session:
        return [row[0] for row in await session.fetch("select registration_id from noted order by seen")]


@pytest.mark.timeout(240)
async def test_when_a_leader_is_lost_every_event_arrives_once(
    cluster: Kafka, empty_kit: Database, databases: Databases
) -> None:
    database = Database(empty_kit.url, name="leader-loss")
    people = [[new_id() for _ in range(SIZE)] for _ in range(BATCHES)]

    async def arrived(count: int) -> None:
        async def met() -> bool:
            return len(await taken(database)) >= count

        await until(met, within=120, what=f"{count} events taken")

    async with passing(cluster, database, databases):
        for number, some in enumerate(people):
            async with database.transaction() as session:
                await emit(session, [withdrawal(person) for person in some])
            if number == KILLED_AFTER:
                await arrived(1)
                cluster.kill(await asyncio.to_thread(leader, cluster))
        await arrived(BATCHES * SIZE)
        all_taken = await taken(database)
    await database.close()

    assert Counter(all_taken) == Counter(person for some in people for person in some)
