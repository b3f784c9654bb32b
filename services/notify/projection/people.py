"""Keep the newest state of people from registration's events, and make their waiting messages due."""

from collections.abc import Sequence
from typing import Final

from contracts.events.registration import (
    PersonCorrected,
    PersonMerged,
    PersonRegistered,
    PersonUnmerged,
    RegistrationEvent,
)
from contracts.rules.consent import newest_states
from contracts.wire.event import Event
from kit.database.database import Session
from services.notify.store import corrections, messages, person_projection

_IDENTITY: Final = frozenset({"identifiers", "birth_date", "age_band"})
"""After a correction of one of these fields, routing may name another recipient."""


async def learn(session: Session, events: Sequence[Event]) -> None:
    """Apply a batch of events: keep the newest states, then act on corrections and merges."""
    facts = [event for event in events if isinstance(event, RegistrationEvent)]
    if not facts:
        return
    changed = await person_projection.write_states(session, newest_states(facts))
    others = [fact for fact in facts if not isinstance(fact, PersonRegistered)]
    for fact in others:
        match fact:
            case PersonCorrected() if _IDENTITY & set(fact.changed):
                await corrections.note_identity_correction(session, fact)
            case PersonUnmerged():
                await corrections.unmerge(session, fact)
            case _:
                pass
    if merged := [fact for fact in others if isinstance(fact, PersonMerged)]:
        await corrections.merge(session, merged)
    if due := changed | {fact.registration_id for fact in others}:
        await messages.make_due(session, list(due))
