"""Everything the topics hold about some people, read from the beginning to where they end now."""

import json
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition

_WAIT_MS = 30_000  # for the next messages: a broker that answers gives them at once


class TopicsAway(RuntimeError):  # noqa: N818 - a state
    """The broker gave no messages though there are more, or no such topic."""


@dataclass(frozen=True, slots=True)
class Message:
    topic: str
    type: str
    content: Any
    key: UUID
    at: datetime


async def messages_about(
    bootstrap: str, topics: Sequence[str], owners: Sequence[UUID]
) -> AsyncIterator[Message]:
    """Give the messages with these keys. Raises TopicsAway, or what aiokafka raises where nobody answers."""
    keys = {str(owner).encode() for owner in owners}
    consumer = AIOKafkaConsumer(
        bootstrap_servers=bootstrap.split(","),
        auto_offset_reset="earliest",
        enable_auto_commit=False,
        request_timeout_ms=30_000,
    )
    await consumer.start()
    try:
        async for record in _all(consumer, await _partitions(consumer, topics)):
            if record.key in keys and record.value:
                yield _message(record)
    finally:
        await consumer.stop()


async def _partitions(consumer: AIOKafkaConsumer, topics: Sequence[str]) -> list[TopicPartition]:
    found = []
    for topic in topics:
        await consumer._client.add_topic(topic)  # noqa: SLF001 - the only way to learn of one not subscribed to
        partitions = consumer.partitions_for_topic(topic)
        if not partitions:
            raise TopicsAway(f"topic {topic} is not there: run `folgeskab provision`")
        found += [TopicPartition(topic, number) for number in sorted(partitions)]
    return found


async def _all(
    consumer: AIOKafkaConsumer, partitions: Sequence[TopicPartition]
) -> AsyncIterator[ConsumerRecord]:
    consumer.assign(list(partitions))
    ends = await consumer.end_offsets(list(partitions))
    await consumer.seek_to_beginning(*partitions)
    while [one for one in partitions if await consumer.position(one) < ends[one]]:
        batches = await consumer.getmany(timeout_ms=_WAIT_MS, max_records=5000)
        if not batches:
            raise TopicsAway("the broker stopped giving messages before the topics' ends: try again")
        for records in batches.values():
            for record in records:
                yield record


def _message(record: ConsumerRecord) -> Message:
    headers = {name: value.decode() for name, value in record.headers if value}
    return Message(
        record.topic,
        headers.get("ce_type", ""),
        json.loads(record.value),
        UUID(record.key.decode()),
        datetime.fromisoformat(headers["ce_time"]) if "ce_time" in headers else _moment(record),
    )


def _moment(record: ConsumerRecord) -> datetime:
    return datetime.fromtimestamp(record.timestamp / 1000, UTC)
