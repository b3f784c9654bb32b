"""Handle events from other services: current CPR numbers and concluded calls."""

from collections.abc import Sequence
from typing import Final

from contracts.events.outreach import CallConcluded
from contracts.events.routing import CurrentNumberLearned
from contracts.wire.event import Event
from kit.database.database import Session
from kit.kafka.consumer import Handler
from kit.kafka.records import Delivery
from kit.runtime.clock import Clock
from services.registration.store import learned_numbers
from services.registration.use_cases import record_call_withdrawal

WANTED: Final[tuple[type[Event], ...]] = (CurrentNumberLearned, CallConcluded)


def handler(clock: Clock) -> Handler:
    async def handle(session: Session, deliveries: Sequence[Delivery]) -> None:
        events = [delivery.event for delivery in deliveries]
        if learned := [e for e in events if isinstance(e, CurrentNumberLearned)]:
            await learned_numbers.write(session, learned)
        if concluded := [e for e in events if isinstance(e, CallConcluded)]:
            await record_call_withdrawal.record(session, concluded, clock)

    return handle
