"""Read all messages about some people from the topics, from the beginning to the current end."""

import json
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition

_POLL_TIMEOUT_MS = 30_000  # a broker that answers has the next messages at once


class TopicReadError(RuntimeError):
    """A topic does not exist, or the broker stopped before its end."""


@dataclass(frozen=True, slots=True)
class TopicMessage:
    topic: str
    type: str
    content: Any
    key: UUID
    at: datetime


async def messages_about(
    bootstrap: str, topics: Sequence[str], owners: Sequence[UUID]
) -> AsyncIterator[TopicMessage]:
    """Yield the messages with these keys.

    Raise TopicReadError, or KafkaError where no broker answers.
    """
    keys = {str(owner).encode() for owner in owners}
    consumer = AIOKafkaConsumer(
        bootstrap_servers=bootstrap.split(","),
        auto_offset_reset="earliest",
        enable_auto_commit=False,
        request_timeout_ms=30_000,
    )
    await consumer.start()
    try:
        async for record in _read_all(consumer, await _all_partitions(consumer, topics)):
            if record.key in keys and record.value:
                yield _parse_message(record)
    finally:
        await consumer.stop()


async def _all_partitions(consumer: AIOKafkaConsumer, topics: Sequence[str]) -> list[TopicPartition]:
    found = []
    for topic in topics:
        await consumer._client.add_topic(topic)  # noqa: SLF001 - no public call loads an unsubscribed topic
        partitions = consumer.partitions_for_topic(topic)
        if not partitions:
            raise TopicReadError(f"Topic {topic} does not exist. Run `folgeskab provision`.")
        found += [TopicPartition(topic, number) for number in sorted(partitions)]
    return found


async def _read_all(
    consumer: AIOKafkaConsumer, partitions: Sequence[TopicPartition]
) -> AsyncIterator[ConsumerRecord]:
    consumer.assign(list(partitions))
    ends = await consumer.end_offsets(list(partitions))
    await consumer.seek_to_beginning(*partitions)
    while [partition for partition in partitions if await consumer.position(partition) < ends[partition]]:
        batches = await consumer.getmany(timeout_ms=_POLL_TIMEOUT_MS, max_records=5000)
        if not batches:
            raise TopicReadError("The broker stopped before the end of the topics. Try again.")
        for records in batches.values():
            for record in records:
                yield record


def _parse_message(record: ConsumerRecord) -> TopicMessage:
    headers = {name: value.decode() for name, value in record.headers if value}
    return TopicMessage(
        record.topic,
        headers.get("ce_type", ""),
        json.loads(record.value),
        UUID(record.key.decode()),
        datetime.fromisoformat(headers["ce_time"]) if "ce_time" in headers else _record_time(record),
    )


def _record_time(record: ConsumerRecord) -> datetime:
    return datetime.fromtimestamp(record.timestamp / 1000, UTC)
