"""Kafka in: open a case per registered person, keep its facts, and delete it when the person is erased."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from contracts.events.outreach import CallConcluded, WaveDrafted
from contracts.events.registration import (
    IncidentCorrected,
    IncidentOpened,
    PersonCorrected,
    PersonForgotten,
    PersonMerged,
    PersonRegistered,
    PersonUnmerged,
)
from contracts.wire.event import Event, PersonEvent
from kit.database.database import Session
from kit.kafka.consumer import Handler
from kit.kafka.records import Delivery
from kit.runtime.clock import Clock
from services.routing.domain.handover import HandoverDeadlines
from services.routing.domain.period import day_of
from services.routing.domain.redecision import affects_home
from services.routing.projection import people
from services.routing.store import handovers, home_cases, person_changes, person_state, redecisions, relations
from services.routing.store.redecisions import RedecisionRequest
from services.routing.use_cases import hand_over_cases, reply_to_handover

CONSUMED: Final[tuple[type[Event], ...]] = (
    IncidentOpened,
    IncidentCorrected,
    *people.PERSON_EVENTS,
    CallConcluded,
    WaveDrafted,
)


def handler(clock: Clock, deadlines: HandoverDeadlines) -> Handler:
    async def handle(session: Session, deliveries: Sequence[Delivery]) -> None:
        events = [delivery.event for delivery in deliveries]
        of_people = [e for e in events if isinstance(e, PersonEvent)]
        later = {e.registration_id for e in of_people if not isinstance(e, PersonRegistered)}
        await home_cases.lock_cases(session, sorted(later))
        await _cases(session, events)
        await _incidents(session, events)
        result = await people.project(session, events)
        at = await session.read_time(clock)
        await hand_over_cases.reevaluate_cases(session, result.known, at, deadlines)
        await hand_over_cases.disclose_corrections(session, result.corrected, at)
        await reply_to_handover.record_calls(session, [e for e in events if isinstance(e, CallConcluded)])
        await _request_redecisions(session, [e for e in events if isinstance(e, WaveDrafted)])

    return handle


async def _request_redecisions(session: Session, drafted: Sequence[WaveDrafted]) -> None:
    """Request new decisions for people decided on an earlier day, because people move."""
    for wave in drafted:
        asked = RedecisionRequest(
            reopening_id=wave.wave_id,
            asked_at=wave.drafted_at,
            asked_by="outreach",
            why=f"wave {wave.wave_id} was drafted",
            decided_until=day_of(wave.drafted_at) - timedelta(days=1),
            incident_id=wave.incident_id,
        )
        await redecisions.add_request(session, asked)


async def _incidents(session: Session, events: Sequence[Event]) -> None:
    incidents = [e for e in events if isinstance(e, IncidentOpened | IncidentCorrected)]
    if incidents:
        await person_state.write_incidents(session, incidents)


async def _cases(session: Session, events: Sequence[Event]) -> None:
    registered = {e.registration_id: e for e in events if isinstance(e, PersonRegistered)}
    forgotten = {e.registration_id: e for e in events if isinstance(e, PersonForgotten)}
    if registered:
        await home_cases.insert_cases(session, list(registered.values()))
    if corrections := [e for e in events if isinstance(e, PersonCorrected)]:
        await _correct(session, corrections)
    if merges := _last_of_each([e for e in events if isinstance(e, PersonMerged | PersonUnmerged)]):
        await person_changes.write_merges(session, merges)
    if forgotten:
        await home_cases.erase_people(session, list(forgotten.values()))
        await handovers.drop_notes(session, list(forgotten))
        await relations.delete_of_people(session, list(forgotten))


async def _correct(session: Session, events: Sequence[PersonCorrected]) -> None:
    """Write the last correction of each person. A change in any of the corrections reopens the case."""
    last = {e.registration_id: e for e in sorted(events, key=lambda e: e.corrected_at)}
    changed = {e.registration_id for e in events if affects_home(e.changed)}
    await person_changes.write_corrections(
        session, list(last.values()), [person in changed for person in last]
    )


def _last_of_each(events: Sequence[PersonMerged | PersonUnmerged]) -> list[PersonMerged | PersonUnmerged]:
    return list({e.registration_id: e for e in sorted(events, key=_event_time)}.values())


def _event_time(event: PersonMerged | PersonUnmerged) -> datetime:
    return event.merged_at if isinstance(event, PersonMerged) else event.unmerged_at
