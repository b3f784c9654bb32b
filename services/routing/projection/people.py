"""What registration tells of people, folded into what decides whether a case may be passed on."""

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
    Restriction,
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
    known: Collection[UUID] = ()  # were known before: their case may have to go another way now
    corrected: Collection[UUID] = ()  # what is held of them is other than before


async def project(session: Session, events: Sequence[Event]) -> ProjectionResult:
    """Write what is told."""
    by_person: dict[UUID, list[PersonEvent]] = defaultdict(list)
    for event in events:
        if isinstance(event, PERSON_EVENTS):
            by_person[event.registration_id].append(event)
    if not by_person:
        return ProjectionResult()
    newcomers = [_newcomer(told) for told in by_person.values()]
    fresh = await person_state.insert_people(session, newcomers)
    known = by_person.keys() - fresh
    if known:
        before = await person_state.lock_facts(session, known)
        after = {key: reduce(fold, by_person[key], facts) for key, facts in before.items()}
        await person_state.write_facts(session, after)
        again = [one.registered for one in newcomers if one.registered and one.event.registration_id in known]
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
            return _barred(facts, event)
        case PersonForgotten():
            return replace(facts, forgotten_at=event.forgotten_at)
        case _:
            return facts


def _registered(facts: PersonFacts, event: PersonRegistered) -> PersonFacts:
    ledger = reduce(lambda known, consent: known.given(consent), _consents(event.consents), facts.ledger)
    facts = replace(facts, ledger=ledger)
    if BarReason.RESTRICTED in event.bars:
        facts = replace(facts, restricted=facts.restricted.set(event.registered_at))
    if BarReason.DO_NOT_CONTACT in event.bars:
        facts = replace(facts, do_not_contact=facts.do_not_contact.set(event.registered_at))
    return facts


def _ledger(
    ledger: ConsentLedger, event: ConsentGiven | ConsentWithdrawn | ConsentsRestated
) -> ConsentLedger:
    match event:
        case ConsentGiven():
            passing_on = event.consent.purpose is Purpose.REGISTRATION
            return ledger.given(_consent(event.consent)) if passing_on else ledger
        case ConsentWithdrawn():
            passing_on = event.purpose is Purpose.REGISTRATION
            return ledger.withdrawn(event.withdrawn_at) if passing_on else ledger
        case ConsentsRestated():
            return ledger.restated(event.restated_at, _last(event.consents))


def _merge(merge: MergeState, event: PersonMerged | PersonUnmerged) -> MergeState:
    if isinstance(event, PersonMerged):
        return merge.merged(event.into, event.merged_at)
    return merge.undone(event.unmerged_at)


def _barred(facts: PersonFacts, event: ContactBarred | ContactBarLifted) -> PersonFacts:
    def changed(bar: Restriction) -> Restriction:
        return bar.set(event.barred_at) if isinstance(event, ContactBarred) else bar.lifted(event.lifted_at)

    match event.reason:
        case BarReason.RESTRICTED:
            return replace(facts, restricted=changed(facts.restricted))
        case BarReason.DO_NOT_CONTACT:
            return replace(facts, do_not_contact=changed(facts.do_not_contact))


def _newcomer(told: Sequence[PersonEvent]) -> FirstSeenPerson:
    registered = next((event for event in told if isinstance(event, PersonRegistered)), None)
    return FirstSeenPerson(told[0], registered, reduce(fold, told, NO_FACTS))


def _consents(told: Iterable[ConsentFact]) -> list[RegistrationConsent]:
    return [_consent(fact) for fact in told if fact.purpose is Purpose.REGISTRATION]


def _last(told: Iterable[ConsentFact]) -> RegistrationConsent | None:
    return max(_consents(told), key=lambda one: (one.given_at, one.consent_id), default=None)


def _consent(fact: ConsentFact) -> RegistrationConsent:
    return RegistrationConsent(fact.consent_id, fact.given_at, fact.expires_at, fact.authorities)
