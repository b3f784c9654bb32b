"""Kafka in: a case for each person registered, none for who is forgotten."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from contracts.event import Event
from contracts.registration import (
    PersonCorrected,
    PersonForgotten,
    PersonMerged,
    PersonRegistered,
    PersonUnmerged,
)
from kit.database import Session
from kit.records import Delivery
from services.routing.domain.moving import bears_on_home
from services.routing.store import changes, home_cases

WANTED: Final[tuple[type[Event], ...]] = (
    PersonRegistered,
    PersonCorrected,
    PersonMerged,
    PersonUnmerged,
    PersonForgotten,
)


async def handle(session: Session, deliveries: Sequence[Delivery]) -> None:
    events = [delivery.event for delivery in deliveries]
    registered = {e.registration_id: e for e in events if isinstance(e, PersonRegistered)}
    forgotten = {e.registration_id: e for e in events if isinstance(e, PersonForgotten)}
    if registered:
        await home_cases.register(session, list(registered.values()))
    if corrections := [e for e in events if isinstance(e, PersonCorrected)]:
        await _correct(session, corrections)
    if merges := _last_of_each([e for e in events if isinstance(e, PersonMerged | PersonUnmerged)]):
        await changes.merge(session, merges)
    if forgotten:
        await home_cases.forget(session, list(forgotten.values()))


async def _correct(session: Session, events: Sequence[PersonCorrected]) -> None:
    """Write the last correction of each person; what any of them changed counts."""
    last = {e.registration_id: e for e in sorted(events, key=lambda e: e.corrected_at)}
    changed = {e.registration_id for e in events if bears_on_home(e.changed)}
    await changes.correct(session, list(last.values()), [person in changed for person in last])


def _last_of_each(events: Sequence[PersonMerged | PersonUnmerged]) -> list[PersonMerged | PersonUnmerged]:
    return list({e.registration_id: e for e in sorted(events, key=_told_at)}.values())


def _told_at(event: PersonMerged | PersonUnmerged) -> datetime:
    return event.merged_at if isinstance(event, PersonMerged) else event.unmerged_at
