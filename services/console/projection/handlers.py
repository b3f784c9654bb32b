"""Kafka in: update people, contacts, waves and counters."""

from collections import defaultdict
from collections.abc import Sequence
from functools import reduce
from typing import Final
from uuid import UUID

from contracts.events.registration import IncidentClosed, IncidentCorrected, IncidentOpened, IncidentReopened
from contracts.wire.event import Event, PersonEvent
from kit.database.database import Session
from kit.kafka.records import Delivery
from services.console.projection import contact as contacts
from services.console.projection import event_mapping, store
from services.console.projection import wave as waves
from services.console.projection.counters import CounterChanges, PersonRecord
from services.console.projection.wave import WaveProjection

WANTED: Final[tuple[type[Event], ...]] = (
    IncidentOpened,
    IncidentCorrected,
    IncidentClosed,
    IncidentReopened,
    *event_mapping.PERSON,
    *event_mapping.CONTACT,
    *event_mapping.WAVE,
)


async def handle(session: Session, deliveries: Sequence[Delivery]) -> None:
    events = [delivery.event for delivery in deliveries]
    changed = await _incidents(session, events) | await _waves(session, events)
    await store.move_versions(session, changed | await _people(session, events))


async def _incidents(session: Session, events: Sequence[Event]) -> set[UUID]:
    opened = {e.incident_id: e for e in events if isinstance(e, IncidentOpened)}
    corrected = [e for e in events if isinstance(e, IncidentCorrected)]
    closed = {e.incident_id: e.closed_at for e in events if isinstance(e, IncidentClosed)}
    reopened = {e.incident_id: e.reopened_at for e in events if isinstance(e, IncidentReopened)}
    if opened:
        await store.open_incidents(session, [opened[key] for key in sorted(opened)])
    for event in corrected:
        await store.correct_incident(session, event)
    if moved := sorted(closed.keys() | reopened.keys()):
        times = [(key, closed.get(key), reopened.get(key)) for key in moved]
        await store.close_incidents(session, times)
    return opened.keys() | {e.incident_id for e in corrected} | set(moved)


async def _waves(session: Session, events: Sequence[Event]) -> set[UUID]:
    changed: dict[UUID, WaveProjection] = {}
    for event in events:
        if isinstance(event, event_mapping.WAVE):
            wave = event_mapping.wave_from_event(event)
            known = changed.get(event.wave_id)
            changed[event.wave_id] = waves.merge(known, wave) if known else wave
    if not changed:
        return set()
    known_waves = await store.lock_waves(session, changed)
    for wave_id, known in known_waves.items():
        changed[wave_id] = waves.merge(known, changed[wave_id])
    await store.write_waves(session, changed)
    return {wave.incident_id for wave in changed.values()}


async def _people(session: Session, events: Sequence[Event]) -> set[UUID]:
    by_person: dict[UUID, list[PersonEvent]] = defaultdict(list)
    for event in events:
        if isinstance(event, PersonEvent):
            by_person[event.registration_id].append(event)
    if not by_person:
        return set()
    incidents = {key: received[0].incident_id for key, received in by_person.items()}
    before = await store.lock_people(session, incidents)
    after = {key: reduce(_apply, received, before[key]) for key, received in by_person.items()}
    changes = CounterChanges()
    for key, known in after.items():
        changes.add(before[key], known)
    await store.write_people(session, before, after)
    await store.count(session, changes)
    return changes.incidents()


def _apply(known: PersonRecord, event: PersonEvent) -> PersonRecord:
    if isinstance(event, event_mapping.CONTACT):
        incoming = event_mapping.contact_from_event(event)
        contact_id = event.contact_id
        earlier = known.contacts.get(contact_id)
        merged = contacts.merge(earlier, incoming) if earlier else incoming
        return PersonRecord(known.incident_id, known.person, {**known.contacts, contact_id: merged})
    person = event_mapping.apply_person_event(known.person, event)
    return PersonRecord(known.incident_id, person, known.contacts)
