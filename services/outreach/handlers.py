"""Kafka in: the projection of people, withdrawals, and what notify tells of the messages."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from functools import reduce
from typing import Final
from uuid import UUID

from contracts.event import Event, PersonEvent
from contracts.notify import (
    ContactDelivered,
    ContactFailed,
    ContactFellBack,
    ContactHandedOver,
    ContactInDoubt,
    MessageEvent,
    MessageWithheld,
)
from contracts.registration import (
    ConsentFact,
    ConsentGiven,
    ConsentWithdrawn,
    IncidentClosed,
    IncidentOpened,
    PersonForgotten,
    PersonRegistered,
)
from contracts.routing import HomeAuthorityResolved, HomeAuthorityUnresolved
from contracts.vocabulary import Purpose, WithheldReason
from kit import outbox
from kit.clock import Clock
from kit.consumer import Handler
from kit.database import Session
from kit.records import Delivery
from services.outreach.domain.consent import NEVER_GIVEN, Consent, given, withdrawn
from services.outreach.domain.contact import Progress, Told, told
from services.outreach.events import withheld
from services.outreach.store import contacts, people
from services.outreach.store.people import Consents

WANTED: Final[tuple[type[Event], ...]] = (
    IncidentOpened,
    IncidentClosed,
    PersonRegistered,
    ConsentGiven,
    ConsentWithdrawn,
    PersonForgotten,
    HomeAuthorityResolved,
    HomeAuthorityUnresolved,
    ContactHandedOver,
    ContactDelivered,
    ContactFellBack,
    ContactFailed,
    ContactInDoubt,
    MessageWithheld,
)


def handler(clock: Clock) -> Handler:
    async def handle(session: Session, deliveries: Sequence[Delivery]) -> None:
        events = [delivery.event for delivery in deliveries]
        await _incidents(session, events)
        await _registrations(session, events, clock.now())
        await _routings(session, events)
        await _messages(session, events)

    return handle


async def _incidents(session: Session, events: Sequence[Event]) -> None:
    opened = {e.incident_id: e.exercise for e in events if isinstance(e, IncidentOpened)}
    closed = {e.incident_id: e for e in events if isinstance(e, IncidentClosed)}
    if opened:
        await people.open_incidents(session, sorted(opened.items()))
    if closed:
        rows = [(e.incident_id, e.exercise, e.closed_at) for e in closed.values()]
        await people.close_incidents(session, sorted(rows))


async def _registrations(session: Session, events: Sequence[Event], at: datetime) -> None:
    by_person: dict[UUID, list[PersonEvent]] = defaultdict(list)
    for event in events:
        if isinstance(event, PersonRegistered | ConsentGiven | ConsentWithdrawn | PersonForgotten):
            by_person[event.registration_id].append(event)
    if not by_person:
        return
    known = await people.lock_consents(session, by_person)
    folded = {
        registration_id: reduce(_fold, told_of, known.get(registration_id, (NEVER_GIVEN, NEVER_GIVEN)))
        for registration_id, told_of in by_person.items()
    }
    arrived = {e.registration_id: e for e in events if isinstance(e, PersonRegistered)}
    if arrived:
        await people.register(session, [(event, folded[key]) for key, event in arrived.items()])
    others = [(by_person[key][-1], folded[key]) for key in by_person.keys() - arrived.keys()]
    if others:
        await people.write_consents(session, others)
    await _stop(session, events, at)


def _fold(consents: Consents, event: PersonEvent) -> Consents:
    match event:
        case PersonRegistered():
            for fact in event.consents:
                consents = _give(consents, fact)
            return consents
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


async def _stop(session: Session, events: Sequence[Event], at: datetime) -> None:
    """Withhold what is planned for those who withdrew or are forgotten; a later consent plans anew."""
    withdrew = sorted({e.registration_id for e in events if isinstance(e, ConsentWithdrawn)})
    forgotten = sorted(
        (e.registration_id, e.incident_id, e.exercise, e.forgotten_at)
        for e in {e.registration_id: e for e in events if isinstance(e, PersonForgotten)}.values()
    )
    stopped = []
    if withdrew:
        stopped += await contacts.withhold_people(session, withdrew, WithheldReason.CONSENT_WITHDRAWN)
    if forgotten:
        await people.forget(session, forgotten)
        ids = [row[0] for row in forgotten]
        stopped += await contacts.withhold_people(session, ids, WithheldReason.FORGOTTEN)
    await outbox.emit(session, withheld(stopped, at))


async def _routings(session: Session, events: Sequence[Event]) -> None:
    last: dict[UUID, HomeAuthorityResolved | HomeAuthorityUnresolved] = {}
    for event in events:
        if isinstance(event, HomeAuthorityResolved | HomeAuthorityUnresolved):
            before = last.get(event.registration_id)
            if before is None or before.decided_at <= event.decided_at:
                last[event.registration_id] = event
    if last:
        await people.route(session, list(last.values()))


async def _messages(session: Session, events: Sequence[Event]) -> None:
    by_contact: dict[UUID, list[MessageEvent]] = defaultdict(list)
    for event in events:
        if isinstance(event, MessageEvent):
            by_contact[event.contact_id].append(event)
    if not by_contact:
        return
    known = await contacts.lock_messages(session, list(by_contact))
    moved = []
    for contact_id, before in known.items():
        after = reduce(_progress, by_contact[contact_id], before)
        if after != before:
            moved.append((contact_id, after))
    if moved:
        await contacts.move(session, moved)


_TOLD: Final[dict[type[MessageEvent], Told]] = {
    ContactHandedOver: Told.HANDED_OVER,
    ContactDelivered: Told.DELIVERED,
    ContactFellBack: Told.FELL_BACK,
    ContactFailed: Told.FAILED,
    ContactInDoubt: Told.IN_DOUBT,
    MessageWithheld: Told.WITHHELD,
}


def _progress(now: Progress, event: MessageEvent) -> Progress:
    match event:
        case ContactHandedOver() | ContactDelivered() | ContactInDoubt():
            return told(now, _TOLD[type(event)], event.attempt_id)
        case MessageWithheld():
            return told(now, Told.WITHHELD, None, event.reason)
        case _:
            return told(now, _TOLD[type(event)])
