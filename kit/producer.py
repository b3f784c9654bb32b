"""Kafka out, for the relay only: keyed sends with many in flight, each acknowledgement awaited.

confluent-kafka (librdkafka) and not aiokafka: it costs less per event, and its idempotent producer works
on every broker we run on (docs/decisions/0003).
"""

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass

from confluent_kafka import KafkaError, KafkaException, Message
from confluent_kafka import Producer as Librdkafka

_log = logging.getLogger("librdkafka")

DELIVERY_TIMEOUT = 30.0  # seconds; afterwards the batch is sent again


class NotAcknowledged(RuntimeError):  # noqa: N818 - a state
    """At least one event of the batch was not acknowledged in time: send the batch again."""


@dataclass(frozen=True, slots=True)
class Outgoing:
    topic: str
    key: bytes
    value: bytes
    headers: Sequence[tuple[str, bytes]]


class Producer:
    def __init__(self, bootstrap: str, *, client_id: str, idempotence: bool) -> None:
        self._client = Librdkafka(
            {
                "bootstrap.servers": bootstrap,
                "client.id": client_id,
                "acks": "all",
                "enable.idempotence": idempotence,
                "linger.ms": 2,
                "batch.size": 262_144,
                "compression.type": "none",  # what is sealed does not compress
                "partitioner": "murmur2_random",  # as the Java client and aiokafka place keys
                "delivery.timeout.ms": int(DELIVERY_TIMEOUT * 1000),
                "request.timeout.ms": 10_000,
                "allow.auto.create.topics": False,
                "topic.metadata.refresh.interval.ms": 30_000,
                "log_level": 3,
            },
            logger=_log,
        )

    async def send(self, batch: Sequence[Outgoing]) -> None:
        """Return when every event is acknowledged.

        Raise NotAcknowledged where one is not; the others may be.
        """
        await asyncio.to_thread(self._send, batch)

    def _send(self, batch: Sequence[Outgoing]) -> None:
        failures: list[KafkaError] = []

        def on_delivery(error: KafkaError | None, _message: Message) -> None:
            if error is not None:
                failures.append(error)

        for event in batch:
            self._client.produce(
                event.topic, event.value, event.key, headers=list(event.headers), on_delivery=on_delivery
            )
        left = self._client.flush(DELIVERY_TIMEOUT + 5)
        if left:
            self._client.purge()
        if left or failures:
            code = failures[0].name() if failures else "no answer"
            raise NotAcknowledged(
                f"{left + len(failures)} of {len(batch)} events were not acknowledged: {code}"
            )

    def close(self) -> None:
        try:
            self._client.flush(5)
        except KafkaException as error:
            raise NotAcknowledged(error.args[0].name()) from error
