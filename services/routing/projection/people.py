"""Fold the events of registration into the facts that decide whether a case may be disclosed."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import reduce
from typing import Final
from uuid import UUID

from contracts.events.registration import (
    ConsentFact,
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
    RelationsTold,
)
from contracts.events.vocabulary import BarReason, Purpose
from contracts.wire.event import Event, PersonEvent
from kit.database.database import Session
from services.routing.domain.disclosure import (
    NO_FACTS,
    ConsentLedger,
    MergeState,
    PersonFacts,
    RegistrationConsent,
    RestrictionTimes,
)
from services.routing.store import consents, person_state, relations
from services.routing.store.person_state import FirstSeenPerson

PERSON_EVENTS: Final[tuple[type[PersonEvent], ...]] = (
    PersonRegistered,
    PersonCorrected,
    PersonMerged,
    PersonUnmerged,
    ConsentGiven,
    ConsentWithdrawn,
    ConsentsRestated,
    ContactBarred,
    ContactBarLifted,
    PersonForgotten,
    RelationsTold,
)


@dataclass(frozen=True, slots=True)
class ProjectionResult:
    known: Collection[UUID] = ()  # were stored before: their case must be re-evaluated
    corrected: Collection[UUID] = ()  # their stored data has changed


async def project(session: Session, events: Sequence[Event]) -> ProjectionResult:
    """Fold the events and write the facts."""
    by_person: dict[UUID, list[PersonEvent]] = defaultdict(list)
    for event in events:
        if isinstance(event, PERSON_EVENTS):
            by_person[event.registration_id].append(event)
    if not by_person:
        return ProjectionResult()
    people = [_first_seen(events) for events in by_person.values()]
    fresh = await person_state.insert_people(session, people)
    known = by_person.keys() - fresh
    if known:
        before = await person_state.lock_facts(session, known)
        after = {key: reduce(fold, by_person[key], facts) for key, facts in before.items()}
        await person_state.write_facts(session, after)
        again = [one.registered for one in people if one.registered and one.event.registration_id in known]
        if again:
            await person_state.write_registered(session, again)
    await consents.write_consents(session, events)
    await relations.replace_relations(
        session, [event for event in events if isinstance(event, RelationsTold)]
    )
    corrections = [event for event in events if isinstance(event, PersonCorrected)]
    corrected = await person_state.write_corrected(session, corrections) if corrections else ()
    return ProjectionResult(known, corrected)


def fold(facts: PersonFacts, event: PersonEvent) -> PersonFacts:
    match event:
        case PersonRegistered():
            return _registered(facts, event)
        case ConsentGiven() | ConsentWithdrawn() | ConsentsRestated():
            return replace(facts, ledger=_ledger(facts.ledger, event))
        case PersonMerged() | PersonUnmerged():
            return replace(facts, merge=_merge(facts.merge, event))
        case ContactBarred() | ContactBarLifted():
            return _restricted(facts, event)
        case PersonForgotten():
            return replace(facts, forgotten_at=event.forgotten_at)
        case _:
            return facts


def _registered(facts: PersonFacts, event: PersonRegistered) -> PersonFacts:
    ledger = reduce(lambda known, consent: known.with_given(consent), _consents(event.consents), facts.ledger)
    facts = replace(facts, ledger=ledger)
    if BarReason.RESTRICTED in event.bars:
        facts = replace(facts, restricted=facts.restricted.with_start(event.registered_at))
    if BarReason.DO_NOT_CONTACT in event.bars:
        facts = replace(facts, do_not_contact=facts.do_not_contact.with_start(event.registered_at))
    return facts


def _ledger(
    ledger: ConsentLedger, event: ConsentGiven | ConsentWithdrawn | ConsentsRestated
) -> ConsentLedger:
    match event:
        case ConsentGiven():
            discloses = event.consent.purpose is Purpose.REGISTRATION
            return ledger.with_given(_consent(event.consent)) if discloses else ledger
        case ConsentWithdrawn():
            discloses = event.purpose is Purpose.REGISTRATION
            return ledger.with_withdrawal(event.withdrawn_at) if discloses else ledger
        case ConsentsRestated():
            return ledger.with_restatement(event.restated_at, _last(event.consents))


def _merge(merge: MergeState, event: PersonMerged | PersonUnmerged) -> MergeState:
    if isinstance(event, PersonMerged):
        return merge.with_merge(event.into, event.merged_at)
    return merge.with_unmerge(event.unmerged_at)


def _restricted(facts: PersonFacts, event: ContactBarred | ContactBarLifted) -> PersonFacts:
    def changed(bar: RestrictionTimes) -> RestrictionTimes:
        return (
            bar.with_start(event.barred_at)
            if isinstance(event, ContactBarred)
            else bar.with_end(event.lifted_at)
        )

    match event.reason:
        case BarReason.RESTRICTED:
            return replace(facts, restricted=changed(facts.restricted))
        case BarReason.DO_NOT_CONTACT:
            return replace(facts, do_not_contact=changed(facts.do_not_contact))


def _first_seen(events: Sequence[PersonEvent]) -> FirstSeenPerson:
    registered = next((event for event in events if isinstance(event, PersonRegistered)), None)
    return FirstSeenPerson(events[0], registered, reduce(fold, events, NO_FACTS))


def _consents(facts: Iterable[ConsentFact]) -> list[RegistrationConsent]:
    return [_consent(fact) for fact in facts if fact.purpose is Purpose.REGISTRATION]


def _last(facts: Iterable[ConsentFact]) -> RegistrationConsent | None:
    return max(_consents(facts), key=lambda one: (one.given_at, one.consent_id), default=None)


def _consent(fact: ConsentFact) -> RegistrationConsent:
    return RegistrationConsent(fact.consent_id, fact.given_at, fact.expires_at, fact.authorities)
