"""Kafka in: incidents, people, routing decisions and the results of messages."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from functools import reduce
from typing import Final
from uuid import UUID

from contracts.events.ids import AuthorityId
from contracts.events.notify import (
    ContactDelivered,
    ContactFailed,
    ContactFellBack,
    ContactHandedOver,
    ContactInDoubt,
    MessageEvent,
    MessageWithheld,
)
from contracts.events.registration import PERSON_EVENTS, IncidentClosed, IncidentOpened, IncidentReopened
from contracts.events.routing import HomeAuthorityResolved, HomeAuthorityUnresolved
from contracts.events.vocabulary import WithheldReason
from contracts.wire.event import Event
from kit.database import outbox
from kit.database.database import Session
from kit.kafka.consumer import Handler
from kit.kafka.records import Delivery
from kit.runtime.clock import Clock
from services.outreach.domain.contact import (
    ContactState,
    MessageEventKind,
    MessageProgress,
    apply_message_event,
)
from services.outreach.events import relisted_events, withheld_events
from services.outreach.projection import people as person_projection
from services.outreach.store import contacts, incidents, people

WANTED: Final[tuple[type[Event], ...]] = (
    IncidentOpened,
    IncidentClosed,
    IncidentReopened,
    *PERSON_EVENTS,
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
        await person_projection.learn(session, events, clock)
        await _routings(session, events, clock)
        await _messages(session, events)

    return handle


async def _incidents(session: Session, events: Sequence[Event]) -> None:
    opened = {e.incident_id: e.exercise for e in events if isinstance(e, IncidentOpened)}
    closed = {e.incident_id: e for e in events if isinstance(e, IncidentClosed)}
    reopened = {e.incident_id: e for e in events if isinstance(e, IncidentReopened)}
    if opened:
        await incidents.open_incidents(session, sorted(opened.items()))
    if closed:
        ended = [(e.incident_id, e.exercise, e.closed_at) for e in closed.values()]
        await incidents.close_incidents(session, sorted(ended))
    if reopened:
        begun = [(e.incident_id, e.exercise, e.reopened_at) for e in reopened.values()]
        await incidents.reopen_incidents(session, sorted(begun))


async def _routings(session: Session, events: Sequence[Event], clock: Clock) -> None:
    """Write the routing decisions, and move planned contacts to the new authority in the same transaction.

    Withhold the planned contacts of people whose case is closed. They would be on no call list.
    """
    last: dict[UUID, HomeAuthorityResolved | HomeAuthorityUnresolved] = {}
    for event in events:
        if isinstance(event, HomeAuthorityResolved | HomeAuthorityUnresolved):
            before = last.get(event.registration_id)
            if before is None or before.decided_at <= event.decided_at:
                last[event.registration_id] = event
    if last:
        await people.write_decisions(session, list(last.values()))
        await people.insert_authorities(session, _named(last.values()))
        moved = await contacts.reassign(session, list(last))
        listed = [row for row in moved if row.state == ContactState.LISTED]
        if listed:
            at = await people.record_time(session, [row.registration_id for row in listed], clock)
            await outbox.emit(session, relisted_events(listed, at))
        if closed := await people.find_closed(session, list(last)):
            stopped = await contacts.withhold_people(session, closed, WithheldReason.NO_HOME_AUTHORITY)
            at = await people.record_time(session, closed, clock)
            await outbox.emit(session, withheld_events(stopped, at))


def _named(decisions: Iterable[HomeAuthorityResolved | HomeAuthorityUnresolved]) -> set[AuthorityId]:
    found: set[AuthorityId] = set()
    for decision in decisions:
        if isinstance(decision, HomeAuthorityResolved):
            found |= {decision.municipality, decision.acting or decision.municipality, *decision.covered_by}
        elif decision.held_by is not None:
            found.add(decision.held_by)
    return found


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
        after = reduce(_apply, by_contact[contact_id], before)
        if after != before:
            moved.append((contact_id, after))
    if moved:
        await contacts.write_progress(session, moved)


_KINDS: Final[dict[type[MessageEvent], MessageEventKind]] = {
    ContactHandedOver: MessageEventKind.HANDED_OVER,
    ContactDelivered: MessageEventKind.DELIVERED,
    ContactFellBack: MessageEventKind.FELL_BACK,
    ContactFailed: MessageEventKind.FAILED,
    ContactInDoubt: MessageEventKind.IN_DOUBT,
    MessageWithheld: MessageEventKind.WITHHELD,
}


def _apply(now: MessageProgress, event: MessageEvent) -> MessageProgress:
    match event:
        case ContactHandedOver() | ContactDelivered() | ContactInDoubt():
            return apply_message_event(now, _KINDS[type(event)], event.attempt_id)
        case MessageWithheld():
            return apply_message_event(now, MessageEventKind.WITHHELD, None, event.reason)
        case _:
            return apply_message_event(now, _KINDS[type(event)])
