"""Kafka in: the projection of incidents, waves and consents, and the messages that are due."""

from collections import defaultdict
from collections.abc import Sequence
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
from services.notify.domain.consent import Consent, Consents, given, withdrawn
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
    await people.expect_people(session, sorted({_key(told[0]) for told in by_person.values()}))
    known = await people.lock_consents(session, by_person)
    folded = {
        registration_id: reduce(_fold, told_of, known[registration_id])
        for registration_id, told_of in by_person.items()
    }
    arrived = {e.registration_id: e for e in events if isinstance(e, PersonRegistered)}
    if arrived:
        await people.register(session, [(event, folded[key]) for key, event in arrived.items()])
    others = [(by_person[key][-1], folded[key]) for key in by_person.keys() - arrived.keys()]
    if others:
        await people.write_consents(session, others)
    forgotten = {e.registration_id: e for e in events if isinstance(e, PersonForgotten)}
    if forgotten:
        rows = [(e.registration_id, e.incident_id, e.exercise, e.forgotten_at) for e in forgotten.values()]
        await people.forget(session, rows)
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
