"""The poison set: messages that can never be handled, each in its own way."""

from collections.abc import Callable

from contracts.wire.event import Event
from kit.kafka.records import KafkaRecord

Headers = tuple[tuple[str, bytes | None], ...]


def record(event: Event, event_id: str, *, offset: int, partition: int = 0) -> KafkaRecord:
    """Return the record a healthy relay would have sent."""
    headers: Headers = (
        ("ce_specversion", b"1.0"),
        ("ce_id", event_id.encode()),
        ("ce_type", event.type().encode()),
        ("ce_source", b"/test"),
        ("ce_time", b"2026-11-24T12:00:00+00:00"),
        ("ce_subject", event.key().encode()),
    )
    return KafkaRecord(
        event.topic, partition, offset, 0, event.key().encode(), event.model_dump_json().encode(), headers
    )


def _with(found: KafkaRecord, **changed: object) -> KafkaRecord:
    fields = {name: getattr(found, name) for name in KafkaRecord.__slots__} | changed
    return KafkaRecord(**fields)


def _header(found: KafkaRecord, name: str, value: bytes | None) -> KafkaRecord:
    return _with(found, headers=tuple((n, value if n == name else v) for n, v in found.headers))


POISON: dict[str, Callable[[KafkaRecord], KafkaRecord]] = {
    "null header value": lambda r: _header(r, "ce_id", None),
    "non-UTF-8 header": lambda r: _header(r, "ce_type", b"\xff\xfe"),
    "plain zero": lambda r: _with(r, value=b"0"),
    "broken JSON": lambda r: _with(r, value=b'{"incident_id": '),
    "unknown type": lambda r: _header(r, "ce_type", b"folgeskab.PersonDeparted.v1"),
    "unknown version": lambda r: _header(r, "ce_type", b"folgeskab.ConsentWithdrawn.v9"),
    "1 MiB body": lambda r: _with(r, value=b"x" * 1024 * 1024),
    "tombstone": lambda r: _with(r, value=None),
    "missing key": lambda r: _with(r, key=None),
}
