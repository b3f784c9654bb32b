"""Attach the states of people to facts, as registration does. For tests that invent facts."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from functools import reduce
from typing import Any
from uuid import UUID

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
    PersonState,
    PersonUnmerged,
    RegistrationEvent,
    RelationsTold,
    Restriction,
)
from contracts.events.vocabulary import AgeBand, RegistrationPlace, Role
from contracts.wire.event import Event

_NOT_TOLD = {"incident_id", "exercise", "registration_id", "person", "revision"}
_OF_STATE = PersonState.model_fields.keys() - {"consents", "restrictions"}


class InventedPeople:
    """Remember facts in the order of their times. A fact may be delivered before earlier ones."""

    def __init__(self) -> None:
        self._facts: dict[UUID, list[RegistrationEvent]] = defaultdict(list)

    def know(self, *events: Event) -> None:
        """Remember facts that have happened, delivered or not."""
        for event in events:
            if isinstance(event, RegistrationEvent) and event not in self._facts[event.registration_id]:
                self._facts[event.registration_id].append(event)
                self._facts[event.registration_id].sort(key=_happened_at)

    def stated(self, events: Iterable[Event]) -> list[Event]:
        """Return the events, each fact with the state after it."""
        events = list(events)
        self.know(*events)
        return [self._stated(e) if isinstance(e, RegistrationEvent) else e for e in events]

    def _stated(self, event: RegistrationEvent) -> RegistrationEvent:
        if event.person is not None:
            return event
        facts = self._facts[event.registration_id]
        at = facts.index(event)
        same_time = sum(_happened_at(fact) == _happened_at(event) for fact in facts[:at])
        revision = int(_happened_at(event).timestamp() * 1_000_000) * 100 + same_time
        state = reduce(_apply, facts[: at + 1], _nothing(_happened_at(event)))
        return event.model_copy(update={"person": state, "revision": revision})


def _nothing(at: datetime) -> PersonState:
    return PersonState(
        role=Role.WITNESS,
        place=RegistrationPlace.EPC,
        registered_at=at,
        language="da",
        age_band=AgeBand.ADULT,
        channels=(),
    )


def _happened_at(event: RegistrationEvent) -> datetime:
    if isinstance(event, ConsentGiven):
        return event.consent.given_at
    if isinstance(event, ConsentWithdrawn):
        return event.recorded_at or event.withdrawn_at
    (at,) = [value for name, value in event if name.endswith("_at") and isinstance(value, datetime)]
    return at


def _apply(  # noqa: C901 - one case for each event
    state: PersonState, event: RegistrationEvent
) -> PersonState:
    changed: dict[str, Any] = {}
    match event:
        case _ if state.erased_at is not None:
            return state
        case PersonRegistered() | PersonCorrected():
            changed = {name: value for name, value in event if name in _OF_STATE - _NOT_TOLD}
            if isinstance(event, PersonRegistered):
                since = [Restriction(reason=bar, since=event.registered_at) for bar in event.bars]
                changed |= {"consents": event.consents, "restrictions": tuple(since)}
        case ConsentGiven():
            changed = {"consents": (*state.consents, event.consent)}
        case ConsentWithdrawn():
            at = max(event.withdrawn_at, event.recorded_at or event.withdrawn_at)
            changed = {"withdrawn": state.withdrawn | {event.purpose: at}}
        case ConsentsRestated():
            changed = {"consents": tuple(sorted(event.consents, key=lambda one: one.given_at))}
        case ContactBarred():
            others = [one for one in state.restrictions if one.reason is not event.reason]
            changed = {"restrictions": (*others, Restriction(reason=event.reason, since=event.barred_at))}
        case ContactBarLifted():
            changed = {"restrictions": tuple([_lifted(one, event) for one in state.restrictions])}
        case PersonMerged():
            changed = {"merged_into": event.into}
        case PersonUnmerged():
            changed = {"merged_into": None}
        case RelationsTold():
            changed = {"relations": event.relations}
        case PersonForgotten():
            changed = {"erased_at": event.forgotten_at, "contact": None, "consents": ()}
    return _without_withdrawn(state.model_copy(update=changed))


def _lifted(one: Restriction, event: ContactBarLifted) -> Restriction:
    if one.reason is not event.reason:
        return one
    return one.model_copy(update={"lifted_at": event.lifted_at})


def _without_withdrawn(state: PersonState) -> PersonState:
    left = [
        fact
        for fact in state.consents
        if fact.purpose not in state.withdrawn or fact.given_at > state.withdrawn[fact.purpose]
    ]
    return state.model_copy(update={"consents": tuple(left)})
