"""Kafka in: incidents, waves, people with their consents, and requests for messages."""

from collections.abc import Sequence
from typing import Final

from contracts.events.outreach import ContactRequested, WaveCancelled, WavePaused, WaveResumed
from contracts.events.registration import PERSON_EVENTS, IncidentCorrected, IncidentOpened
from contracts.wire.event import Event
from kit.database.database import Session
from kit.kafka.records import Delivery
from services.notify.projection import people as person_projection
from services.notify.store import messages, people

WANTED: Final[tuple[type[Event], ...]] = (
    IncidentOpened,
    IncidentCorrected,
    *PERSON_EVENTS,
    ContactRequested,
    WavePaused,
    WaveResumed,
    WaveCancelled,
)


async def handle(session: Session, deliveries: Sequence[Delivery]) -> None:
    events = [delivery.event for delivery in deliveries]
    await _incidents(session, events)
    await person_projection.learn(session, events)
    await _waves(session, events)
    await _requests(session, events)


async def _incidents(session: Session, events: Sequence[Event]) -> None:
    opened = {e.incident_id: e for e in events if isinstance(e, IncidentOpened)}
    if opened:
        await people.open_incidents(session, list(opened.values()))
    for event in events:
        if isinstance(event, IncidentCorrected):
            await people.correct_incident(session, event)


async def _waves(session: Session, events: Sequence[Event]) -> None:
    for event in events:
        match event:
            case WavePaused():
                change = (event.wave_id, "paused", event.paused_at)
            case WaveResumed():
                change = (event.wave_id, "running", event.resumed_at)
            case WaveCancelled():
                change = (event.wave_id, "cancelled", event.cancelled_at)
            case _:
                continue
        await people.update_waves(session, [change])
        await messages.make_waves_due(session, [event.wave_id])


async def _requests(session: Session, events: Sequence[Event]) -> None:
    requests = [e for e in events if isinstance(e, ContactRequested)]
    if not requests:
        return
    await people.expect_incidents(session, sorted({(e.incident_id, e.exercise) for e in requests}))
    await people.expect_people(
        session, sorted({(e.registration_id, e.incident_id, e.exercise) for e in requests})
    )
    await messages.insert_requests(session, requests)
