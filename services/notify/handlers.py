"""Kafka in: the projection of incidents, waves and consents, and the messages that are due."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from functools import reduce
from typing import Final
from uuid import UUID

from contracts.event import Event, PersonEvent
from contracts.outreach import ContactRequested, WaveCancelled, WavePaused, WaveResumed
from contracts.registration import (
    ConsentFact,
    ConsentGiven,
    ConsentWithdrawn,
    IncidentOpened,
    PersonForgotten,
    PersonRegistered,
)
from contracts.vocabulary import Purpose
from kit.database import Session
from kit.records import Delivery
from services.notify.domain.consent import NOTHING_GIVEN, Consent, Consents, given, withdrawn
from services.notify.store import messages, people

WANTED: Final[tuple[type[Event], ...]] = (
    IncidentOpened,
    PersonRegistered,
    ConsentGiven,
    ConsentWithdrawn,
    PersonForgotten,
    ContactRequested,
    WavePaused,
    WaveResumed,
    WaveCancelled,
)


async def handle(session: Session, deliveries: Sequence[Delivery]) -> None:
    events = [delivery.event for delivery in deliveries]
    await _incidents(session, events)
    await _registrations(session, events)
    await _waves(session, events)
    await _requests(session, events)


async def _incidents(session: Session, events: Sequence[Event]) -> None:
    opened = {e.incident_id: e for e in events if isinstance(e, IncidentOpened)}
    if opened:
        await people.open_incidents(session, list(opened.values()))


async def _registrations(session: Session, events: Sequence[Event]) -> None:
    by_person: dict[UUID, list[PersonEvent]] = defaultdict(list)
    for event in events:
        if isinstance(event, PersonRegistered | ConsentGiven | ConsentWithdrawn | PersonForgotten):
            by_person[event.registration_id].append(event)
    if not by_person:
        return
    arrived: dict[UUID, PersonRegistered] = {
        e.registration_id: e for e in events if isinstance(e, PersonRegistered)
    }
    first = [
        (arrived.get(key) or told_of[-1], reduce(_fold, told_of, NOTHING_GIVEN))
        for key, told_of in by_person.items()
    ]
    new = await people.introduce(session, first)
    if known := by_person.keys() - new:
        await _told_again(session, {key: by_person[key] for key in known}, arrived)
    forgotten = {e.registration_id: e for e in events if isinstance(e, PersonForgotten)}
    if forgotten:
        rows = [(e.registration_id, e.incident_id, e.exercise, e.forgotten_at) for e in forgotten.values()]
        await people.forget(session, rows)


async def _told_again(
    session: Session, by_person: Mapping[UUID, list[PersonEvent]], arrived: Mapping[UUID, PersonRegistered]
) -> None:
    """Fold what is told of people there is a row of already, and let their messages be looked at."""
    before = await people.lock_consents(session, by_person)
    folded = {key: reduce(_fold, told_of, before[key]) for key, told_of in by_person.items()}
    registered = [(arrived[key], folded[key]) for key in by_person.keys() & arrived.keys()]
    if registered:
        await people.register(session, registered)
    others = [(by_person[key][-1], folded[key]) for key in by_person.keys() - arrived.keys()]
    if others:
        await people.write_consents(session, others)
    await messages.due_now(session, list(by_person))


def _key(event: PersonEvent) -> tuple[UUID, UUID, bool]:
    return event.registration_id, event.incident_id, event.exercise


def _fold(consents: Consents, event: PersonEvent) -> Consents:
    match event:
        case PersonRegistered():
            return reduce(_give, event.consents, consents)
        case ConsentGiven():
            return _give(consents, event.consent)
        case ConsentWithdrawn():
            registration, contact = consents
            if event.purpose is Purpose.REGISTRATION:
                return withdrawn(registration, event.withdrawn_at), contact
            return registration, withdrawn(contact, event.withdrawn_at)
        case _:
            return consents


def _give(consents: Consents, fact: ConsentFact) -> Consents:
    consent = Consent(fact.consent_id, fact.channels, fact.given_at, fact.expires_at)
    registration, contact = consents
    if fact.purpose is Purpose.REGISTRATION:
        return given(registration, consent), contact
    return registration, given(contact, consent)


async def _waves(session: Session, events: Sequence[Event]) -> None:
    for event in events:
        match event:
            case WavePaused():
                told = (event.wave_id, "paused", event.paused_at)
            case WaveResumed():
                told = (event.wave_id, "running", event.resumed_at)
            case WaveCancelled():
                told = (event.wave_id, "cancelled", event.cancelled_at)
            case _:
                continue
        await people.move_waves(session, [told])
        await messages.waves_due_now(session, [event.wave_id])


async def _requests(session: Session, events: Sequence[Event]) -> None:
    requests = [e for e in events if isinstance(e, ContactRequested)]
    if not requests:
        return
    await people.expect_incidents(session, sorted({(e.incident_id, e.exercise) for e in requests}))
    await people.expect_people(session, sorted({_key(e) for e in requests}))
    await messages.request(session, requests)
