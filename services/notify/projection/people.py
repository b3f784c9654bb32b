"""Project the events about people, and make their waiting messages due."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from functools import reduce
from typing import Final, cast
from uuid import UUID

from contracts.events.registration import (
    ConsentGiven,
    ConsentsRestated,
    ConsentWithdrawn,
    ContactBarLifted,
    ContactBarred,
    PersonCorrected,
    PersonForgotten,
    PersonMerged,
    PersonRegistered,
    PersonUnmerged,
)
from contracts.rules.consent import NOTHING_GIVEN, apply_event
from contracts.wire.event import Event, PersonEvent
from kit.database.database import Session
from services.notify.store import corrections, messages, person_projection

_OF_CONSENTS: Final = (PersonRegistered, ConsentGiven, ConsentWithdrawn, ConsentsRestated, PersonForgotten)
_OTHERS: Final = (PersonCorrected, PersonMerged, PersonUnmerged, ContactBarred, ContactBarLifted)
WANTED: Final[tuple[type[Event], ...]] = (*_OF_CONSENTS, *_OTHERS)
_IDENTITY: Final = frozenset({"identifiers", "birth_date", "age_band"})
"""After a correction of one of these fields, routing may name another recipient."""


async def learn(session: Session, events: Sequence[Event]) -> None:
    """Apply a batch of events. Sort by class once: repeated isinstance checks cost more than the fold."""
    by_person: dict[UUID, list[PersonEvent]] = defaultdict(list)
    others: list[PersonEvent] = []
    for event in events:
        kind = type(event)
        if kind in _OF_CONSENTS:
            about = cast("PersonEvent", event)
            by_person[about.registration_id].append(about)
        elif kind in _OTHERS:
            others.append(cast("PersonEvent", event))
    if by_person:
        await _consents(session, by_person)
    if others:
        await _corrections(session, others)


async def _consents(session: Session, by_person: Mapping[UUID, list[PersonEvent]]) -> None:
    arrived: dict[UUID, PersonRegistered] = {
        event.registration_id: event
        for person_events in by_person.values()
        for event in person_events
        if isinstance(event, PersonRegistered)
    }
    first = [
        (arrived.get(key) or person_events[-1], reduce(apply_event, person_events, NOTHING_GIVEN))
        for key, person_events in by_person.items()
    ]
    new = await person_projection.insert_new(session, first)
    if known := by_person.keys() - new:
        await _fold_known(session, {key: by_person[key] for key in known}, arrived)
    forgotten = [
        event for found in by_person.values() for event in found if isinstance(event, PersonForgotten)
    ]
    if forgotten:
        last = {event.registration_id: event for event in forgotten}
        rows = [(e.registration_id, e.incident_id, e.exercise, e.forgotten_at) for e in last.values()]
        await person_projection.forget(session, rows)


async def _fold_known(
    session: Session, by_person: Mapping[UUID, list[PersonEvent]], arrived: Mapping[UUID, PersonRegistered]
) -> None:
    """Fold the events of people who have a row already, and make their messages due."""
    before = await person_projection.lock_consents(session, by_person)
    folded = {
        key: reduce(apply_event, person_events, before[key]) for key, person_events in by_person.items()
    }
    arrived_again = [(arrived[key], folded[key]) for key in by_person.keys() & arrived.keys()]
    if arrived_again:
        await person_projection.register(session, arrived_again)
    others = [(by_person[key][-1], folded[key]) for key in by_person.keys() - arrived.keys()]
    if others:
        await person_projection.write_consents(session, others)
    await messages.make_due(session, list(by_person))


async def _corrections(session: Session, events: Sequence[PersonEvent]) -> None:
    for event in events:
        match event:
            case PersonCorrected():
                await corrections.correct(session, event)
                if _IDENTITY & set(event.changed):
                    await corrections.note_identity_correction(session, event)
            case ContactBarred() | ContactBarLifted():
                await corrections.write_restriction(session, event)
            case PersonUnmerged():
                await corrections.unmerge(session, event)
            case _:
                pass
    if merged := [event for event in events if isinstance(event, PersonMerged)]:
        await corrections.merge(session, merged)
    await messages.make_due(session, list({event.registration_id for event in events}))
