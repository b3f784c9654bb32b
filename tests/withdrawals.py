"""Withdrawals of invented people on a real broker: what a consumer of kit alone is given to take."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import UUID

from aiokafka import AIOKafkaProducer
from confluent_kafka import Consumer, TopicPartition

from contracts.ids import IncidentId, RegistrationId
from contracts.registration import TOPIC, ConsentWithdrawn
from contracts.vocabulary import Purpose
from deploy.local.broker import Broker
from kit.ids import new_id
from kit.records import Record
from tests.poison import record

_INCIDENT = IncidentId(new_id())
_PARTITIONS = 12


def withdrawal(person: UUID, *, day: int = 25) -> ConsentWithdrawn:
    return ConsentWithdrawn(
        incident_id=_INCIDENT,
        exercise=True,
        registration_id=RegistrationId(person),
        purpose=Purpose.CONTACT,
        withdrawn_at=datetime(2026, 11, day, tzinfo=UTC),
    )


def withdrawals(count: int) -> list[Record]:
    """Give the records of so many withdrawals; every tenth is of the same person."""
    one = new_id()
    events = [withdrawal(one if n % 10 == 0 else new_id()) for n in range(count)]
    return [record(event, str(new_id()), offset=n) for n, event in enumerate(events)]


async def produce(broker: Broker, records: Sequence[Record]) -> None:
    async with AIOKafkaProducer(
        bootstrap_servers=broker.bootstrap,
        enable_idempotence=broker.idempotence,
        max_request_size=4 * 1024 * 1024,
    ) as producer:
        sent = [await producer.send(r.topic, r.value, r.key, headers=list(r.headers)) for r in records]
        await asyncio.gather(*sent)


def committed(broker: Broker) -> int:
    """Add up the offsets that group outreach has committed, without joining it."""
    client = Consumer({"bootstrap.servers": broker.bootstrap, "group.id": "outreach"})
    try:
        found = client.committed([TopicPartition(TOPIC, n) for n in range(_PARTITIONS)], timeout=10)
        return sum(max(0, partition.offset) for partition in found)
    finally:
        client.close()


def keys(records: Sequence[Record]) -> Counter[str]:
    return Counter((r.key or b"").decode() for r in records)
