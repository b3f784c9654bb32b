"""Kafka records: raw, and decoded to an event or to the reason why they cannot be decoded."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

import pydantic

from contracts.wire.envelope import Envelope, MalformedEnvelope, read
from contracts.wire.event import Event


@dataclass(frozen=True, slots=True)
class KafkaRecord:
    """One Kafka record with its original bytes."""

    topic: str
    partition: int
    offset: int
    timestamp: int  # ms
    key: bytes | None
    value: bytes | None
    headers: tuple[tuple[str, bytes | None], ...]


class Delivery(NamedTuple):
    """One event to handle."""

    event: Event
    envelope: Envelope
    record: KafkaRecord


class Undecodable(NamedTuple):
    record: KafkaRecord
    reason: str  # never quotes the message


class NotForUs(NamedTuple):
    record: KafkaRecord


def decode(
    record: KafkaRecord, known: Mapping[str, type[Event]], wanted: frozenset[type[Event]]
) -> Delivery | Undecodable | NotForUs:
    """Decode a record. Never raises, whatever the record holds."""
    try:
        envelope = read(dict(record.headers))
    except MalformedEnvelope as error:
        return Undecodable(record, str(error))
    event_type = known.get(envelope.type)
    if event_type is None:
        return Undecodable(
            record, "unknown event type or version: deploy the service that knows it, then replay"
        )
    if event_type not in wanted:
        return NotForUs(record)
    if not record.value:
        return Undecodable(record, "the value is empty (a tombstone)")
    return _decode_value(record, envelope, event_type)


def _decode_value(record: KafkaRecord, envelope: Envelope, event_type: type[Event]) -> Delivery | Undecodable:
    try:
        event = event_type.model_validate_json(record.value or b"")
    except pydantic.ValidationError as error:
        fields = sorted(
            {".".join(str(part) for part in problem["loc"]) or "JSON" for problem in error.errors()}
        )
        return Undecodable(record, f"the value does not fit {envelope.type}: {', '.join(fields)[:200]}")
    if record.key is None or record.key != event.key().encode():
        return Undecodable(record, "the key is missing, or is not the event's own")
    return Delivery(event, envelope, record)
