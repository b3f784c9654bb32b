"""CloudEvents 1.0 in Kafka's binary content mode: attributes as `ce_` headers, data as the value."""

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

SPECVERSION = b"1.0"
CONTENT_TYPE = b"application/json"


class MalformedEnvelope(ValueError):  # noqa: N818 - a state
    """The headers do not form a CloudEvent. The text names the header, never its value."""


class Envelope(NamedTuple):
    id: UUID
    type: str
    source: str
    time: datetime
    subject: str
    traceparent: str | None = None


def headers(
    *, event_id: str, event_type: str, source: str, time: str, subject: str, traceparent: str | None
) -> list[tuple[str, bytes]]:
    pairs = [
        ("ce_specversion", SPECVERSION),
        ("ce_id", event_id.encode()),
        ("ce_type", event_type.encode()),
        ("ce_source", source.encode()),
        ("ce_time", time.encode()),
        ("ce_subject", subject.encode()),
        ("content-type", CONTENT_TYPE),
    ]
    if traceparent:
        pairs.append(("traceparent", traceparent.encode()))
    return pairs


def read(found: dict[str, bytes | None]) -> Envelope:
    """Return the envelope. Raise MalformedEnvelope if a required attribute is missing or invalid."""
    text = {name: _text(found, name) for name in ("ce_id", "ce_type", "ce_source", "ce_time", "ce_subject")}
    if found.get("ce_specversion") != SPECVERSION:
        raise MalformedEnvelope("header ce_specversion is not 1.0")
    try:
        event_id, time = UUID(text["ce_id"]), datetime.fromisoformat(text["ce_time"])
    except ValueError:
        raise MalformedEnvelope("header ce_id is not a UUID, or ce_time is not a time stamp") from None
    traceparent = found.get("traceparent")
    return Envelope(
        id=event_id,
        type=text["ce_type"],
        source=text["ce_source"],
        time=time,
        subject=text["ce_subject"],
        traceparent=traceparent.decode("ascii", "replace") if traceparent else None,
    )


def _text(found: dict[str, bytes | None], name: str) -> str:
    value = found.get(name)
    if not value:
        raise MalformedEnvelope(f"header {name} is missing or empty")
    try:
        return value.decode()
    except UnicodeDecodeError:
        raise MalformedEnvelope(f"header {name} is not UTF-8") from None
