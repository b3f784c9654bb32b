"""Keep the newest state of people from registration's events, and stop contacts no longer allowed."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from contracts.events.registration import (
    ConsentsRestated,
    ConsentWithdrawn,
    ContactBarred,
    PersonCorrected,
    PersonForgotten,
    PersonMerged,
    PersonRegistered,
    PersonUnmerged,
    RegistrationEvent,
)
from contracts.events.vocabulary import WithheldReason
from contracts.rules.consent import newest_states
from contracts.wire.event import Event
from kit.database import outbox
from kit.database.database import Session
from kit.runtime.clock import Clock
from services.outreach.domain.eligibility import PASSING_REASONS, why_not_contactable
from services.outreach.events import withheld_events
from services.outreach.store import contacts, people, person_projection
from services.outreach.store.contacts import WithheldContact
from services.outreach.use_cases import keep_one_live_call

_STOPPING: Final = (ConsentsRestated, ContactBarred, PersonMerged)
_DECIDED_BY: Final = frozenset({"identifiers", "birth_date", "age_band", "addresses"})
"""After a correction of one of these fields, routing decides the home authority and recipient again."""


async def learn(session: Session, events: Sequence[Event], clock: Clock) -> None:
    """Apply a batch of events: keep the newest states, then act on what happened."""
    facts = [event for event in events if isinstance(event, RegistrationEvent)]
    if not facts:
        return
    await person_projection.write_states(session, newest_states(facts))
    others = [fact for fact in facts if not isinstance(fact, PersonRegistered)]
    for fact in others:
        if isinstance(fact, PersonCorrected) and _DECIDED_BY & set(fact.changed):
            await person_projection.note_rerouting(session, fact)
    if others:
        await _stop(session, others, clock)


async def _stop(session: Session, events: Sequence[Event], clock: Clock) -> None:
    """Withhold the planned contacts of people who may not be contacted now. A new wave plans them again."""
    stopped: list[WithheldContact] = []
    if forgotten := sorted({e.registration_id for e in events if isinstance(e, PersonForgotten)}):
        stopped += await contacts.withhold_people(session, forgotten, WithheldReason.FORGOTTEN)
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
        at = await people.record_time(session, [row.registration_id for row in stopped], clock)
        await outbox.emit(session, withheld_events(stopped, at))


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


async def _not_contactable(
    session: Session, ids: Collection[UUID], at: datetime
) -> dict[WithheldReason, set[UUID]]:
    """Return the people who may not be contacted after the whole batch, by reason."""
    found: dict[WithheldReason, set[UUID]] = defaultdict(set)
    if ids:
        for registration_id, row in (await people.lock(session, ids)).items():
            reason = why_not_contactable(people.read_person(row), at)
            if reason is not None and reason not in PASSING_REASONS:
                found[reason].add(registration_id)
    return found
