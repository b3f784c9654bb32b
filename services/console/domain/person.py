"""One registered person, as the events tell in any order and any number of times; and their bucket."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from enum import IntFlag, StrEnum
from typing import Final

from contracts.vocabulary import StepKind
from services.console.domain.contact import Contact, State


@dataclass(frozen=True, slots=True)
class Person:
    """Evidence of one event, or what all of them together amount to. Times are the latest known."""

    registered: bool = False
    forgotten: bool = False
    registration_given_at: datetime | None = None
    registration_withdrawn_at: datetime | None = None
    contact_given_at: datetime | None = None
    contact_withdrawn_at: datetime | None = None
    decided_at: datetime | None = None
    municipality: str = ""  # empty after a decision: nobody could be found responsible

    @property
    def consents(self) -> bool:
        """Whether both consents stand: without the one to be registered there is no contact."""
        return _stands(self.registration_given_at, self.registration_withdrawn_at) and _stands(
            self.contact_given_at, self.contact_withdrawn_at
        )


def merge(known: Person, told: Person) -> Person:
    decided_at, municipality = max(_decision(known), _decision(told))
    return Person(
        known.registered or told.registered,
        known.forgotten or told.forgotten,
        _later(known.registration_given_at, told.registration_given_at),
        _later(known.registration_withdrawn_at, told.registration_withdrawn_at),
        _later(known.contact_given_at, told.contact_given_at),
        _later(known.contact_withdrawn_at, told.contact_withdrawn_at),
        decided_at[0] if decided_at else None,
        municipality,
    )


def _stands(given_at: datetime | None, withdrawn_at: datetime | None) -> bool:
    return given_at is not None and (withdrawn_at is None or given_at > withdrawn_at)


def _later(one: datetime | None, other: datetime | None) -> datetime | None:
    if one is None or other is None:
        return other if one is None else one
    return max(one, other)


def _decision(person: Person) -> tuple[tuple[datetime, ...], str]:
    return (person.decided_at,) if person.decided_at else (), person.municipality


class Bucket(StrEnum):
    """Where a registered person is; each is in exactly one. In the order of the way they go."""

    FORGOTTEN = "forgotten"
    NO_CONSENT = "no_consent"
    ROUTING = "routing"
    UNRESOLVED = "unresolved"
    NOT_PLANNED = "not_planned"
    PLANNED = "planned"
    HANDED_OVER = "handed_over"
    IN_DOUBT = "in_doubt"
    DELIVERED = "delivered"
    FAILED = "failed"
    WITHHELD = "withheld"
    CALL_LISTED = "call_listed"
    CALL_CONCLUDED = "call_concluded"


class Stage(IntFlag):
    """What a person has passed; it stays, also when the bucket moves on."""

    CONSENTED = 1
    ROUTED = 2
    UNRESOLVED = 4
    PLANNED = 8
    HANDED_OVER = 16
    DELIVERED = 32


_PRECEDENCE: Final = {
    State.IN_DOUBT: Bucket.IN_DOUBT,
    State.REQUESTED: Bucket.PLANNED,
    State.HANDED_OVER: Bucket.HANDED_OVER,
    State.DELIVERED: Bucket.DELIVERED,
    State.FAILED: Bucket.FAILED,
    State.LISTED: Bucket.CALL_LISTED,
    State.CONCLUDED: Bucket.CALL_CONCLUDED,
    State.WITHHELD: Bucket.WITHHELD,
}


def bucket(person: Person, contacts: Collection[Contact]) -> Bucket:
    """Follow the messages where there are any, else the calls.

    Of several, what somebody still waits for comes first, then the best that was reached.
    """
    if contacts:
        messages = {c.state for c in contacts if c.kind is StepKind.MESSAGE}
        states = messages or {c.state for c in contacts}
        return next(found for state, found in _PRECEDENCE.items() if state in states)
    if person.forgotten:
        return Bucket.FORGOTTEN
    if not person.consents:
        return Bucket.NO_CONSENT
    if person.decided_at is None:
        return Bucket.ROUTING
    return Bucket.NOT_PLANNED if person.municipality else Bucket.UNRESOLVED


def stages(person: Person, contacts: Collection[Contact]) -> Stage:
    passed = Stage(0)
    if person.consents:
        passed |= Stage.CONSENTED
    if person.decided_at is not None:
        passed |= Stage.ROUTED if person.municipality else Stage.UNRESOLVED
    if contacts:
        passed |= Stage.PLANNED
    if any(c.handed_over for c in contacts):
        passed |= Stage.HANDED_OVER
    if any(c.state is State.DELIVERED for c in contacts):
        passed |= Stage.DELIVERED
    return passed
