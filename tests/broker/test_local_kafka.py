import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from deploy.local.kafka import Kafka, KafkaMissingError, require_tools
from tests.stacks import on_kafka

TOPIC = "registration.v1"

only_kafka = pytest.mark.skipif(not on_kafka(), reason="BROKER=kafka starts Apache Kafka")


@pytest.fixture
async def kafka(tmp_path: Path) -> AsyncIterator[Kafka]:
    broker = Kafka(tmp_path)
    await broker.start()
    yield broker
    broker.kill()


async def create_topic(broker: Kafka) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=broker.bootstrap)
    await admin.start()
    await admin.create_topics([NewTopic(TOPIC, 12, broker.replication)])
    await admin.close()


async def read(broker: Kafka, count: int) -> list[bytes | None]:
    values: list[bytes | None] = []
    async with AIOKafkaConsumer(
        TOPIC, bootstrap_servers=broker.bootstrap, group_id="reader", auto_offset_reset="earliest"
    ) as consumer:
        while len(values) < count:
            for records in (await consumer.getmany(timeout_ms=500)).values():
                values += [record.value for record in records]
    return values


@only_kafka
async def test_what_one_node_acknowledged_outlives_its_kill(kafka: Kafka) -> None:
    await create_topic(kafka)
    async with AIOKafkaProducer(
        bootstrap_servers=kafka.bootstrap, acks="all", enable_idempotence=kafka.idempotence
    ) as producer:
        sends = [await producer.send(TOPIC, b"%d" % n, key=b"key %d" % n) for n in range(500)]
        await asyncio.gather(*sends)

    kafka.kill()
    await kafka.start()

    assert sorted(await read(kafka, 500), key=str) == sorted((b"%d" % n for n in range(500)), key=str)


def test_a_missing_java_is_reported_in_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(KafkaMissingError) as missing:
        require_tools()

    assert "`java`" in str(missing.value)
    assert "\n" not in str(missing.value)
