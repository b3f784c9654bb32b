"""One registered person, as the events tell in any order and any number of times; and their bucket."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime
from enum import IntFlag, StrEnum
from operator import attrgetter
from typing import Any, Final

from contracts.events.vocabulary import StepKind
from services.console.projection import consent_terms
from services.console.projection.contact import Contact, ContactState


@dataclass(frozen=True, slots=True)
class PersonProjection:
    """Evidence of one event, or what all of them together amount to. Times are the latest known."""

    registered: bool = False
    forgotten: bool = False
    registration_given_at: datetime | None = None
    registration_terms: str = consent_terms.UNKNOWN
    registration_withdrawn_at: datetime | None = None
    contact_given_at: datetime | None = None
    contact_terms: str = consent_terms.UNKNOWN
    contact_withdrawn_at: datetime | None = None
    reach_at: datetime | None = None  # of the contact details; None: heard of before they were kept
    possible: str = ""  # channels that the contact details allow
    is_child: bool = False
    decided_at: datetime | None = None
    covered_by: str = ""  # authorities that a limited consent may name; empty: not told
    closed: str = ""  # channels that the register closes
    suppressed: bool = False  # the register lets nobody write or call
    unaddressed: bool = False  # routing named nobody whom to address: this stops a child's contact
    municipality: str = ""  # empty after a decision: nobody could be found responsible
    restated_at: datetime | None = None  # when all consents were told anew, and which stood then
    restated_registration: bool = False
    restated_registration_terms: str = consent_terms.UNKNOWN
    restated_contact: bool = False
    restated_contact_terms: str = consent_terms.UNKNOWN
    do_not_contact_since: datetime | None = None
    do_not_contact_lifted: datetime | None = None
    restricted_since: datetime | None = None
    restricted_lifted: datetime | None = None
    merged_at: datetime | None = None
    unmerged_at: datetime | None = None
    lapsed_for: datetime | None = None  # the end of the consents that was found to have passed

    @property
    def stands(self) -> bool:
        """Whether both consents were given and not withdrawn: without either there is no contact."""
        return self._registration is not None and self._contact is not None

    @property
    def consents(self) -> bool:
        """Whether both consents hold, for whoever is responsible."""
        return self.stands and not self.lapsed and self._covered

    @property
    def expires_at(self) -> datetime | None:
        """Return when the first of the two consents ends; None where no end is known."""
        if not self.stands:
            return None
        read = [consent_terms.read(self._registration or ""), consent_terms.read(self._contact or "")]
        return min([found.expires_at for found in read if found is not None], default=None)

    @property
    def lapsed(self) -> bool:
        """Whether the end was found to have passed; a later consent has a later end."""
        ends = self.expires_at
        return ends is not None and self.lapsed_for is not None and self.lapsed_for >= ends

    @property
    def contactable(self) -> bool:
        """Whether a channel is open to the person, and the register lets somebody write or call."""
        if self.suppressed or (self.is_child and self.unaddressed):
            return False
        if self.reach_at is None:
            return True
        found = consent_terms.read(self._contact or "")
        open_to = consent_terms.names(self.possible) - consent_terms.names(self.closed)
        return bool(open_to if found is None else open_to & found.channels)

    @property
    def _registration(self) -> str | None:
        """Return the terms of the consent that stands; None where none does."""
        return self._standing(
            self.registration_given_at,
            self.registration_terms,
            self.registration_withdrawn_at,
            self.restated_registration_terms if self.restated_registration else None,
        )

    @property
    def _contact(self) -> str | None:
        return self._standing(
            self.contact_given_at,
            self.contact_terms,
            self.contact_withdrawn_at,
            self.restated_contact_terms if self.restated_contact else None,
        )

    def _standing(
        self, given_at: datetime | None, given: str, withdrawn_at: datetime | None, restated: str | None
    ) -> str | None:
        """Let what was told anew stand in place of all that was given or withdrawn before."""
        if self.restated_at is not None:
            given_at = given_at if given_at is not None and given_at > self.restated_at else None
            withdrawn = withdrawn_at is not None and withdrawn_at > self.restated_at
            if restated is not None and given_at is None:
                return None if withdrawn else restated
        stands = given_at is not None and (withdrawn_at is None or given_at > withdrawn_at)
        return given if stands else None

    @property
    def _covered(self) -> bool:
        """Whether both consents cover who is responsible; not asked before that is known."""
        may_name = consent_terms.names(self.covered_by)
        if not may_name:
            return True
        found = [consent_terms.read(self._registration or ""), consent_terms.read(self._contact or "")]
        return all(each is None or not each.authorities or each.authorities & may_name for each in found)

    @property
    def barred(self) -> bool:
        return _holds(self.do_not_contact_since, self.do_not_contact_lifted) or _holds(
            self.restricted_since, self.restricted_lifted
        )

    @property
    def merged(self) -> bool:
        """Whether another registration speaks for the person."""
        return _holds(self.merged_at, self.unmerged_at)


# What is told together is kept together: of each group, the one with the latest time.
_GROUPS: Final = (
    ("registration_given_at", "registration_terms"),
    ("contact_given_at", "contact_terms"),
    ("reach_at", "possible", "is_child"),
    ("decided_at", "municipality", "covered_by", "closed", "suppressed", "unaddressed"),
    (
        "restated_at",
        "restated_registration",
        "restated_registration_terms",
        "restated_contact",
        "restated_contact_terms",
    ),
)
_TIMES: Final = (
    "registration_withdrawn_at",
    "contact_withdrawn_at",
    "do_not_contact_since",
    "do_not_contact_lifted",
    "restricted_since",
    "restricted_lifted",
    "merged_at",
    "unmerged_at",
    "lapsed_for",
)
_TOGETHER: Final = [(names, attrgetter(*names)) for names in _GROUPS]


def merge(known: PersonProjection, told: PersonProjection) -> PersonProjection:
    changed: dict[str, Any] = {}
    for names, values in _TOGETHER:
        mine, theirs = values(known), values(told)
        if theirs[0] is not None and (mine[0] is None or theirs > mine):
            changed |= zip(names, theirs, strict=True)
    for name in _TIMES:
        mine, theirs = getattr(known, name), getattr(told, name)
        if theirs is not None and (mine is None or theirs > mine):
            changed[name] = theirs
    for name in ("registered", "forgotten"):
        if getattr(told, name) and not getattr(known, name):
            changed[name] = True
    return replace(known, **changed) if changed else known


def _holds(since: datetime | None, ended: datetime | None) -> bool:
    return since is not None and (ended is None or since >= ended)


class PersonBucket(StrEnum):
    """Where a registered person is; each is in exactly one. In the order of the way they go."""

    MERGED = "merged"  # counted where the registration is that speaks for the person
    FORGOTTEN = "forgotten"
    BARRED = "barred"
    NO_CONSENT = "no_consent"
    CONSENT_EXPIRED = "consent_expired"
    ROUTING = "routing"
    UNRESOLVED = "unresolved"
    NOT_CONTACTABLE = "not_contactable"
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
    ContactState.IN_DOUBT: PersonBucket.IN_DOUBT,
    ContactState.REQUESTED: PersonBucket.PLANNED,
    ContactState.HANDED_OVER: PersonBucket.HANDED_OVER,
    ContactState.DELIVERED: PersonBucket.DELIVERED,
    ContactState.FAILED: PersonBucket.FAILED,
    ContactState.LISTED: PersonBucket.CALL_LISTED,
    ContactState.CONCLUDED: PersonBucket.CALL_CONCLUDED,
    ContactState.WITHHELD: PersonBucket.WITHHELD,
}


_NOT_REACHED: Final = {PersonBucket.WITHHELD, PersonBucket.FAILED}


def bucket(person: PersonProjection, contacts: Collection[Contact]) -> PersonBucket:
    """Follow the messages where there are any, else the calls.

    Of several, what somebody still waits for comes first, then the best that was reached.
    """
    if person.merged:
        return PersonBucket.MERGED
    if contacts:
        messages = {c.state for c in contacts if c.kind is StepKind.MESSAGE}
        states = messages or {c.state for c in contacts}
        found = next(found for state, found in _PRECEDENCE.items() if state in states)
        return PersonBucket.BARRED if person.barred and found in _NOT_REACHED else found
    if person.forgotten:
        return PersonBucket.FORGOTTEN
    return PersonBucket.BARRED if person.barred else _before_any_contact(person)


def _before_any_contact(person: PersonProjection) -> PersonBucket:
    if person.stands and person.lapsed:
        return PersonBucket.CONSENT_EXPIRED
    if not person.consents:
        return PersonBucket.NO_CONSENT
    if person.decided_at is None:
        return PersonBucket.ROUTING
    if not person.municipality:
        return PersonBucket.UNRESOLVED
    return PersonBucket.NOT_PLANNED if person.contactable else PersonBucket.NOT_CONTACTABLE


def stages(person: PersonProjection, contacts: Collection[Contact]) -> Stage:
    passed = Stage(0)
    if person.consents and not person.merged:
        passed |= Stage.CONSENTED
    if person.decided_at is not None and not person.merged:
        passed |= Stage.ROUTED if person.municipality else Stage.UNRESOLVED
    if contacts:
        passed |= Stage.PLANNED
    if any(c.handed_over for c in contacts):
        passed |= Stage.HANDED_OVER
    if any(c.state is ContactState.DELIVERED for c in contacts):
        passed |= Stage.DELIVERED
    return passed
