"""Project the events about people, and stop contacts that are no longer allowed."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from functools import reduce
from typing import Final, cast
from uuid import UUID

import asyncpg

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
from contracts.events.vocabulary import WithheldReason
from contracts.rules.consent import NOTHING_GIVEN, apply_event
from contracts.wire.event import Event, PersonEvent
from kit.database import outbox
from kit.database.database import Session
from kit.runtime.clock import Clock
from services.outreach.domain.eligibility import why_not_contactable
from services.outreach.events import withheld_events
from services.outreach.store import contacts, people, person_projection
from services.outreach.use_cases import keep_one_live_call

_OF_CONSENTS: Final = (PersonRegistered, ConsentGiven, ConsentWithdrawn, ConsentsRestated, PersonForgotten)
_OTHERS: Final = (PersonCorrected, PersonMerged, PersonUnmerged, ContactBarred, ContactBarLifted)
_STOPPING: Final = (ConsentsRestated, ContactBarred, PersonMerged)
WANTED: Final[tuple[type[Event], ...]] = (*_OF_CONSENTS, *_OTHERS)
_DECIDED_BY: Final = frozenset({"identifiers", "birth_date", "age_band", "addresses"})
"""After a correction of one of these fields, routing decides the home authority and recipient again."""


async def learn(session: Session, events: Sequence[Event], clock: Clock) -> None:
    """Apply a batch of events. Sort by class once: repeated isinstance checks cost more than the fold."""
    by_person: dict[UUID, list[PersonEvent]] = defaultdict(list)
    others: list[PersonEvent] = []
    for event in events:
        kind = type(event)
        if kind in _OF_CONSENTS:
            about = cast("PersonEvent", event)
            by_person[about.registration_id].append(about)
            if kind is not PersonRegistered:
                others.append(about)
        elif kind in _OTHERS:
            others.append(cast("PersonEvent", event))
    if by_person:
        await _consents(session, by_person)
    if others:
        await _corrections(session, [event for event in others if isinstance(event, PersonCorrected)])
        for event in others:
            await _restrict_or_merge(session, event)
        await _stop(session, others, clock)


async def _consents(session: Session, by_person: Mapping[UUID, Sequence[PersonEvent]]) -> None:
    known = await person_projection.lock_consents(session, by_person)
    folded = {
        registration_id: reduce(apply_event, person_events, known.get(registration_id, NOTHING_GIVEN))
        for registration_id, person_events in by_person.items()
    }
    arrived = {
        event.registration_id: event
        for person_events in by_person.values()
        for event in person_events
        if isinstance(event, PersonRegistered)
    }
    if arrived:
        await person_projection.register(session, [(event, folded[key]) for key, event in arrived.items()])
    others = [(by_person[key][-1], folded[key]) for key in by_person.keys() - arrived.keys()]
    if others:
        await person_projection.write_consents(session, others)


async def _corrections(session: Session, events: Sequence[PersonCorrected]) -> None:
    latest: dict[UUID, PersonCorrected] = {}
    for event in events:
        if _DECIDED_BY & set(event.changed):
            await person_projection.note_rerouting(session, event)
        before = latest.get(event.registration_id)
        if before is None or before.corrected_at <= event.corrected_at:
            latest[event.registration_id] = event
    if latest:
        await person_projection.correct(session, list(latest.values()))


async def _restrict_or_merge(session: Session, event: Event) -> None:
    match event:
        case ContactBarred() | ContactBarLifted():
            await person_projection.bar(session, event)
        case PersonMerged():
            await person_projection.merge(session, event)
        case PersonUnmerged():
            await person_projection.unmerge(session, event)
        case _:
            pass


async def _stop(session: Session, events: Sequence[Event], clock: Clock) -> None:
    """Withhold the planned contacts of people who may not be contacted now. A new wave plans them again."""
    stopped: list[asyncpg.Record] = []
    if forgotten := {e.registration_id: e for e in events if isinstance(e, PersonForgotten)}:
        rows = [(e.registration_id, e.incident_id, e.exercise, e.forgotten_at) for e in forgotten.values()]
        await person_projection.forget(session, sorted(rows))
        stopped += await contacts.withhold_people(session, sorted(forgotten), WithheldReason.FORGOTTEN)
    if withdrew := sorted({e.registration_id for e in events if isinstance(e, ConsentWithdrawn)}):
        stopped += await contacts.withhold_people(session, withdrew, WithheldReason.CONSENT_WITHDRAWN)
    candidates = {e.registration_id for e in events if isinstance(e, _STOPPING)}
    for reason, ids in (await _not_contactable(session, candidates, clock.now())).items():
        if reason is WithheldReason.MERGED:
            stopped += await contacts.withhold_merged(session, sorted(ids))
        else:
            stopped += await contacts.withhold_people(session, sorted(ids), reason)
    if merged := _merged_or_unmerged(events):
        stopped += await keep_one_live_call.keep_one(session, merged)
    if stopped:
        await outbox.emit(session, withheld_events(stopped, await session.read_time(clock)))


def _merged_or_unmerged(events: Sequence[Event]) -> set[UUID]:
    found: set[UUID] = set()
    for event in events:
        match event:
            case PersonMerged():
                found |= {event.registration_id, event.into}
            case PersonUnmerged():
                found |= {event.registration_id, event.out_of}
            case _:
                pass
    return found


_PASSING: Final = {
    WithheldReason.BEING_DECIDED,
    WithheldReason.NO_HOME_AUTHORITY,
    WithheldReason.CUSTODY_UNCLEAR,
    WithheldReason.CONSENT_EXPIRED,
}
"""Reasons that may still change: three by routing, and an expiry, which is checked when due."""


async def _not_contactable(
    session: Session, ids: Collection[UUID], at: datetime
) -> dict[WithheldReason, set[UUID]]:
    """Return the people who may not be contacted after the whole batch, by reason."""
    found: dict[WithheldReason, set[UUID]] = defaultdict(set)
    if ids:
        for registration_id, row in (await people.lock(session, ids)).items():
            reason = why_not_contactable(people.read_person(row), at)
            if reason is not None and reason not in _PASSING:
                found[reason].add(registration_id)
    return found
