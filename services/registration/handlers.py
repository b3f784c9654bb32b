"""Kafka in: what other services have learned about a person."""

from collections.abc import Sequence
from typing import Final

from contracts.event import Event
from contracts.routing import CurrentNumberLearned
from kit.consumer import Handler
from kit.database import Session
from kit.records import Delivery
from services.registration.store import learned_numbers

WANTED: Final[tuple[type[Event], ...]] = (CurrentNumberLearned,)


def handler() -> Handler:
    async def handle(session: Session, deliveries: Sequence[Delivery]) -> None:
        events = [delivery.event for delivery in deliveries]
        if learned := [e for e in events if isinstance(e, CurrentNumberLearned)]:
            await learned_numbers.write(session, learned)

    return handle
