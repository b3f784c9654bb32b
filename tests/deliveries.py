"""Deliver events to a handler as kit does, and read its outbox."""

from collections.abc import Sequence
from datetime import UTC, datetime

from contracts.wire.catalogue import EVENTS
from contracts.wire.envelope import Envelope
from contracts.wire.event import Event
from kit.database.database import Session
from kit.kafka.records import Delivery, KafkaRecord
from kit.runtime.ids import new_id


def delivery(event: Event, *, offset: int = 0) -> Delivery:
    record = KafkaRecord(
        event.topic, 0, offset, 0, event.key().encode(), event.model_dump_json().encode(), ()
    )
    envelope = Envelope(new_id(), event.type(), "/test", datetime.now(UTC), event.key())
    return Delivery(event, envelope, record)


def deliveries(events: Sequence[Event]) -> list[Delivery]:
    return [delivery(event, offset=offset) for offset, event in enumerate(events)]


async def sent(session: Session, after: int = 0) -> list[Event]:
    """Return the events in the outbox, in their order; `after` skips that many."""
    rows = await session.fetch("select ce_type, value from outbox order by seq offset $1", after)
    return [EVENTS[row["ce_type"]].model_validate_json(row["value"]) for row in rows]
