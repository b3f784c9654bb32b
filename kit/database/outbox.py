"""The outbox: events are written in the session that made the change and published by kit/kafka/relay.py.

Table outbox: insert-only, daily partitions, kept for republishing and then dropped whole.
"""

from collections.abc import Iterable

from contracts.wire.event import Event
from kit.database.database import Session
from kit.runtime import tracing
from kit.runtime.ids import new_id_at

COLUMNS = ("ce_id", "ce_type", "ce_time", "topic", "key", "traceparent", "value")


async def emit(session: Session, events: Iterable[Event]) -> None:
    """Write events in the order given.

    Writers of one key must hold that key's row locked: then commit order is event order.
    """
    rows = [
        (
            new_id_at(session.now),
            event.type(),
            session.now,
            event.topic,
            event.key(),
            tracing.event(event.key(), event.type()),
            event.__pydantic_serializer__.to_json(event),
        )
        for event in events
    ]
    if rows:
        await session.copy("outbox", COLUMNS, rows)
        session.emitted = True
