"""Publish to Kafka, for the relay only: keyed sends, many in flight, every acknowledgement awaited.

It uses confluent-kafka (librdkafka), which costs less per event than aiokafka (docs/decisions/0003).
"""

import asyncio
import logging
from collections.abc import Sequence
from typing import NamedTuple

from confluent_kafka import KafkaError, Message
from confluent_kafka import Producer as Librdkafka

_log = logging.getLogger("librdkafka")

LARGEST_MESSAGE = 2 * 1024 * 1024  # bytes, with its headers; a consumer fetches twice that of each partition
DELIVERY_TIMEOUT = 15.0  # seconds; longer than a leader election. Afterwards the batch is sent again


class NotAcknowledged(RuntimeError):  # noqa: N818 - a state
    """At least one event of the batch was not acknowledged in time: send the batch again."""


class Outgoing(NamedTuple):
    topic: str
    key: bytes
    value: bytes
    headers: Sequence[tuple[str, bytes]]


class Producer:
    def __init__(
        self, bootstrap: str, *, client_id: str, idempotence: bool, delivery_timeout: float = DELIVERY_TIMEOUT
    ) -> None:
        self._delivery_timeout = delivery_timeout
        self._settings = {
            "bootstrap.servers": bootstrap,
            "client.id": client_id,
            "acks": "all",
            "enable.idempotence": idempotence,
            "max.in.flight.requests.per.connection": 5 if idempotence else 1,  # else a retry overtakes
            "message.max.bytes": LARGEST_MESSAGE,
            "linger.ms": 2,
            "batch.size": 262_144,
            "compression.type": "none",  # sealed values do not compress
            "partitioner": "murmur2_random",  # as the Java client and aiokafka place keys
            "delivery.timeout.ms": int(delivery_timeout * 1000),
            "request.timeout.ms": int(delivery_timeout * 400),
            "allow.auto.create.topics": False,
            "socket.keepalive.enable": True,
            "topic.metadata.refresh.interval.ms": 30_000,
            "log_level": 3,
        }
        self._client: Librdkafka | None = None

    async def send(self, batch: Sequence[Outgoing]) -> None:
        """Send a batch and await every acknowledgement. Raise NotAcknowledged if one is missing."""
        await asyncio.to_thread(self._send, batch)

    def _send(self, batch: Sequence[Outgoing]) -> None:
        client = self._client or Librdkafka(self._settings, logger=_log)
        self._client = (
            None  # kept only if all goes well: one that failed may be fenced by a new cluster for good
        )
        failures: list[KafkaError] = []

        def on_delivery(error: KafkaError | None, _message: Message) -> None:
            if error is not None:
                failures.append(error)

        for event in batch:
            client.produce(
                event.topic, event.value, event.key, headers=list(event.headers), on_delivery=on_delivery
            )
        left = client.flush(self._delivery_timeout + 5)
        if left:
            client.purge()
        if left or failures:
            code = failures[0].name() if failures else "no answer"
            raise NotAcknowledged(
                f"{left + len(failures)} of {len(batch)} events were not acknowledged: {code}"
            )
        self._client = client
