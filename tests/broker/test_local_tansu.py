from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from deploy.local.ports import free_port
from deploy.local.tansu import Tansu

TOPIC = "registration.v1"


@pytest.fixture
async def tansu(tmp_path: Path) -> AsyncIterator[Tansu]:
    broker = Tansu(tmp_path, port=free_port())
    await broker.start()
    yield broker
    broker.kill()


async def topics(broker: Tansu) -> list[str]:
    admin = AIOKafkaAdminClient(bootstrap_servers=broker.bootstrap)
    await admin.start()
    try:
        return list(await admin.list_topics())
    finally:
        await admin.close()


async def produce(broker: Tansu, count: int) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=broker.bootstrap)
    await admin.start()
    await admin.create_topics([NewTopic(TOPIC, 12, broker.replication)])
    await admin.close()
    async with AIOKafkaProducer(
        bootstrap_servers=broker.bootstrap, acks="all", enable_idempotence=broker.idempotence
    ) as producer:
        sent = [await producer.send(TOPIC, b"%d" % n, key=b"key %d" % n) for n in range(count)]
        for acknowledged in sent:
            await acknowledged


async def test_a_group_reads_every_key_from_twelve_partitions(tansu: Tansu) -> None:
    await produce(tansu, 200)

    seen: dict[bytes, int] = {}
    async with AIOKafkaConsumer(
        TOPIC, bootstrap_servers=tansu.bootstrap, group_id="routing", auto_offset_reset="earliest"
    ) as consumer:
        while len(seen) < 200:
            for partition, records in (await consumer.getmany(timeout_ms=500)).items():
                seen |= {record.key: partition.partition for record in records}

    assert len(set(seen.values())) == 12


async def test_a_killed_and_restarted_tansu_is_empty(tansu: Tansu) -> None:
    await produce(tansu, 1)
    assert TOPIC in await topics(tansu)

    tansu.kill()
    await tansu.start()

    assert await topics(tansu) == []
