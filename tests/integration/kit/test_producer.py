"""Acknowledged events are in the topic, and the producer survives a lost cluster."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiokafka import AIOKafkaConsumer

from contracts.wire.catalogue import TOPICS
from deploy.local.ports import free_port
from deploy.local.tansu import Tansu
from kit.kafka.producer import NotAcknowledged, Outgoing, Producer
from kit.kafka.topics import provision_topics

TOPIC = "registration.v1"


@pytest.fixture
async def tansu(tmp_path: Path) -> AsyncIterator[Tansu]:
    broker = Tansu(tmp_path, port=free_port())
    await broker.start()
    provision_topics(broker.bootstrap, TOPICS, replication=1, min_insync=1)
    yield broker
    broker.kill()


def batch(count: int) -> list[Outgoing]:
    return [Outgoing(TOPIC, b"key %d" % (n % 7), b"%d" % n, [("n", b"%d" % n)]) for n in range(count)]


async def read(broker: Tansu, count: int) -> dict[bytes, list[int]]:
    """Return the values of each key, in the order of the topic."""
    seen: dict[bytes, list[int]] = {}
    async with AIOKafkaConsumer(
        TOPIC, bootstrap_servers=broker.bootstrap, group_id="reader", auto_offset_reset="earliest"
    ) as consumer:
        while sum(map(len, seen.values())) < count:
            for records in (await consumer.getmany(timeout_ms=500)).values():
                for record in records:
                    seen.setdefault(record.key, []).append(int(record.value))
    return seen


async def test_every_sent_event_arrives_in_the_order_of_its_key(tansu: Tansu) -> None:
    await Producer(tansu.bootstrap, client_id="test", idempotence=False).send(batch(3000))

    seen = await read(tansu, 3000)

    assert seen == {b"key %d" % key: list(range(key, 3000, 7)) for key in range(7)}


@pytest.mark.parametrize("idempotence", [True, False])
async def test_the_producer_works_again_after_the_cluster_was_replaced(
    tansu: Tansu, *, idempotence: bool
) -> None:
    producer = Producer(tansu.bootstrap, client_id="test", idempotence=idempotence, delivery_timeout=2)
    await producer.send(batch(10))
    tansu.kill()
    with pytest.raises(NotAcknowledged):
        await producer.send(batch(10))

    await tansu.start()
    provision_topics(tansu.bootstrap, TOPICS, replication=1, min_insync=1)
    await producer.send(batch(10))

    assert sum(map(len, (await read(tansu, 10)).values())) == 10
