"""Kafka in: what is known of people, contacts and waves, and the counters over them."""

from collections import defaultdict
from collections.abc import Sequence
from functools import reduce
from typing import Final, cast
from uuid import UUID

from contracts.events.outreach import ContactEvent
from contracts.events.registration import IncidentClosed, IncidentCorrected, IncidentOpened, IncidentReopened
from contracts.wire.event import Event, PersonEvent
from kit.database.database import Session
from kit.kafka.records import Delivery
from services.console.projection import contact as contacts
from services.console.projection import event_mapping, store
from services.console.projection import person as people
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
    told = await _incidents(session, events) | await _waves(session, events) | await _people(session, events)
    await store.move_versions(session, told)


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
    told: dict[UUID, WaveProjection] = {}
    for event in events:
        if isinstance(event, event_mapping.WAVE):
            wave = event_mapping.wave_from_event(event)
            known = told.get(event.wave_id)
            told[event.wave_id] = waves.merge(known, wave) if known else wave
    if not told:
        return set()
    known_waves = await store.lock_waves(session, told)
    for wave_id, known in known_waves.items():
        told[wave_id] = waves.merge(known, told[wave_id])
    await store.write_waves(session, told)
    return {wave.incident_id for wave in told.values()}


async def _people(session: Session, events: Sequence[Event]) -> set[UUID]:
    by_person: dict[UUID, list[PersonEvent]] = defaultdict(list)
    for event in events:
        if isinstance(event, (*event_mapping.PERSON, *event_mapping.CONTACT)):
            by_person[event.registration_id].append(event)
    if not by_person:
        return set()
    incidents = {key: told[0].incident_id for key, told in by_person.items()}
    before = await store.lock_people(session, incidents)
    after = {key: reduce(_learn, told, before[key]) for key, told in by_person.items()}
    tally = CounterChanges()
    for key, known in after.items():
        tally.add(before[key], known)
    await store.write_people(session, before, after)
    await store.count(session, tally)
    return tally.incidents()


def _learn(known: PersonRecord, event: PersonEvent) -> PersonRecord:
    if isinstance(event, event_mapping.CONTACT):
        told = event_mapping.contact_from_event(event)
        contact_id = cast("ContactEvent", event).contact_id
        earlier = known.contacts.get(contact_id)
        merged = contacts.merge(earlier, told) if earlier else told
        return PersonRecord(known.incident_id, known.person, {**known.contacts, contact_id: merged})
    person = people.merge(known.person, event_mapping.person_from_event(event))
    return PersonRecord(known.incident_id, person, known.contacts)
