"""Kafka in: a case for each person registered, none for who is forgotten."""

from collections.abc import Sequence
from typing import Final

from contracts.event import Event
from contracts.registration import PersonForgotten, PersonRegistered
from kit.database import Session
from kit.records import Delivery
from services.routing.store import home_cases

WANTED: Final[tuple[type[Event], ...]] = (PersonRegistered, PersonForgotten)


async def handle(session: Session, deliveries: Sequence[Delivery]) -> None:
    events = [delivery.event for delivery in deliveries]
    registered = {e.registration_id: e for e in events if isinstance(e, PersonRegistered)}
    forgotten = {e.registration_id: e for e in events if isinstance(e, PersonForgotten)}
    if registered:
        await home_cases.register(session, list(registered.values()))
    if forgotten:
        await home_cases.forget(session, list(forgotten.values()))
