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
    restated_at: datetime | None = None  # when all consents were told anew, and which stood then
    restated_registration: bool = False
    restated_contact: bool = False
    do_not_contact_since: datetime | None = None
    do_not_contact_lifted: datetime | None = None
    restricted_since: datetime | None = None
    restricted_lifted: datetime | None = None
    merged_at: datetime | None = None
    unmerged_at: datetime | None = None

    @property
    def consents(self) -> bool:
        """Whether both consents stand: without the one to be registered there is no contact."""
        return self._stands(
            self.registration_given_at,
            self.registration_withdrawn_at,
            restated=self.restated_registration,
        ) and self._stands(self.contact_given_at, self.contact_withdrawn_at, restated=self.restated_contact)

    def _stands(self, given_at: datetime | None, withdrawn_at: datetime | None, *, restated: bool) -> bool:
        """Let what was told anew stand in place of all that was given or withdrawn before."""
        if self.restated_at is not None:
            given_at = given_at if given_at is not None and given_at > self.restated_at else None
            withdrawn = withdrawn_at is not None and withdrawn_at > self.restated_at
            if restated and given_at is None:
                return not withdrawn
        return given_at is not None and (withdrawn_at is None or given_at > withdrawn_at)

    @property
    def barred(self) -> bool:
        return _holds(self.do_not_contact_since, self.do_not_contact_lifted) or _holds(
            self.restricted_since, self.restricted_lifted
        )

    @property
    def merged(self) -> bool:
        """Whether another registration speaks for the person."""
        return _holds(self.merged_at, self.unmerged_at)


def merge(known: Person, told: Person) -> Person:
    decided_at, municipality = max(_decision(known), _decision(told))
    restated_at, registration, contact = max(_restatement(known), _restatement(told))
    return Person(
        known.registered or told.registered,
        known.forgotten or told.forgotten,
        _later(known.registration_given_at, told.registration_given_at),
        _later(known.registration_withdrawn_at, told.registration_withdrawn_at),
        _later(known.contact_given_at, told.contact_given_at),
        _later(known.contact_withdrawn_at, told.contact_withdrawn_at),
        decided_at[0] if decided_at else None,
        municipality,
        restated_at[0] if restated_at else None,
        registration,
        contact,
        _later(known.do_not_contact_since, told.do_not_contact_since),
        _later(known.do_not_contact_lifted, told.do_not_contact_lifted),
        _later(known.restricted_since, told.restricted_since),
        _later(known.restricted_lifted, told.restricted_lifted),
        _later(known.merged_at, told.merged_at),
        _later(known.unmerged_at, told.unmerged_at),
    )


def _holds(since: datetime | None, ended: datetime | None) -> bool:
    return since is not None and (ended is None or since >= ended)


def _later(one: datetime | None, other: datetime | None) -> datetime | None:
    if one is None or other is None:
        return other if one is None else one
    return max(one, other)


def _decision(person: Person) -> tuple[tuple[datetime, ...], str]:
    return (person.decided_at,) if person.decided_at else (), person.municipality


def _restatement(person: Person) -> tuple[tuple[datetime, ...], bool, bool]:
    at = (person.restated_at,) if person.restated_at else ()
    return at, person.restated_registration, person.restated_contact


class Bucket(StrEnum):
    """Where a registered person is; each is in exactly one. In the order of the way they go."""

    MERGED = "merged"  # counted where the registration is that speaks for the person
    FORGOTTEN = "forgotten"
    BARRED = "barred"
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


_NOT_REACHED: Final = {Bucket.WITHHELD, Bucket.FAILED}


def bucket(person: Person, contacts: Collection[Contact]) -> Bucket:
    """Follow the messages where there are any, else the calls.

    Of several, what somebody still waits for comes first, then the best that was reached.
    """
    if person.merged:
        return Bucket.MERGED
    if contacts:
        messages = {c.state for c in contacts if c.kind is StepKind.MESSAGE}
        states = messages or {c.state for c in contacts}
        found = next(found for state, found in _PRECEDENCE.items() if state in states)
        return Bucket.BARRED if person.barred and found in _NOT_REACHED else found
    if person.forgotten:
        return Bucket.FORGOTTEN
    return Bucket.BARRED if person.barred else _before_any_contact(person)


def _before_any_contact(person: Person) -> Bucket:
    if not person.consents:
        return Bucket.NO_CONSENT
    if person.decided_at is None:
        return Bucket.ROUTING
    return Bucket.NOT_PLANNED if person.municipality else Bucket.UNRESOLVED


def stages(person: Person, contacts: Collection[Contact]) -> Stage:
    passed = Stage(0)
    if person.consents and not person.merged:
        passed |= Stage.CONSENTED
    if person.decided_at is not None and not person.merged:
        passed |= Stage.ROUTED if person.municipality else Stage.UNRESOLVED
    if contacts:
        passed |= Stage.PLANNED
    if any(c.handed_over for c in contacts):
        passed |= Stage.HANDED_OVER
    if any(c.state is State.DELIVERED for c in contacts):
        passed |= Stage.DELIVERED
    return passed
