"""State of one registered person, from events in any order and with repetition; and the person's bucket."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime
from enum import IntFlag, StrEnum
from operator import attrgetter
from typing import Any, Final

from contracts.events.vocabulary import StepKind
from services.console.projection import consent_terms
from services.console.projection.contact import Contact, ContactStage


@dataclass(frozen=True, slots=True)
class PersonProjection:
    """State from one event, or merged from all events. Times are the latest known."""

    registered: bool = False
    forgotten: bool = False
    registration_given_at: datetime | None = None
    registration_terms: str = consent_terms.UNKNOWN
    registration_withdrawn_at: datetime | None = None
    contact_given_at: datetime | None = None
    contact_terms: str = consent_terms.UNKNOWN
    contact_withdrawn_at: datetime | None = None
    reach_at: datetime | None = None  # when contact details were last given; None: older than this field
    possible: str = ""  # channels for which there are contact details
    is_child: bool = False
    decided_at: datetime | None = None
    covered_by: str = ""  # authorities that satisfy a limited consent; empty: unknown
    closed: str = ""  # channels that the register closes
    suppressed: bool = False  # the CPR register allows no contact
    unaddressed: bool = False  # routing named no recipient: stops contact with a child
    municipality: str = ""  # empty after a decision: no responsible authority found
    restated_at: datetime | None = None  # when all consents were restated, and which were valid then
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
    lapsed_for: datetime | None = None  # the expiry that was applied

    @property
    def consents_given(self) -> bool:
        """Return whether both consents were given and not withdrawn. Contact needs both."""
        return self._registration is not None and self._contact is not None

    @property
    def consents(self) -> bool:
        """Return whether both consents are in force for the responsible authority."""
        return self.consents_given and not self.expired and self._covered

    @property
    def expires_at(self) -> datetime | None:
        """Return the earlier expiry of the two consents; None if unknown."""
        if not self.consents_given:
            return None
        read = [consent_terms.read(self._registration or ""), consent_terms.read(self._contact or "")]
        return min([found.expires_at for found in read if found is not None], default=None)

    @property
    def expired(self) -> bool:
        """Return whether the expiry was applied. A newer consent has a later expiry."""
        ends = self.expires_at
        return ends is not None and self.lapsed_for is not None and self.lapsed_for >= ends

    @property
    def contactable(self) -> bool:
        """Return whether at least one channel is open, and the CPR register allows contact."""
        if self.suppressed or (self.is_child and self.unaddressed):
            return False
        if self.reach_at is None:
            return True
        found = consent_terms.read(self._contact or "")
        open_to = consent_terms.names(self.possible) - consent_terms.names(self.closed)
        return bool(open_to if found is None else open_to & found.channels)

    @property
    def _registration(self) -> str | None:
        """Return the terms of the valid consent to registration, or None."""
        return self._valid_terms(
            self.registration_given_at,
            self.registration_terms,
            self.registration_withdrawn_at,
            self.restated_registration_terms if self.restated_registration else None,
        )

    @property
    def _contact(self) -> str | None:
        return self._valid_terms(
            self.contact_given_at,
            self.contact_terms,
            self.contact_withdrawn_at,
            self.restated_contact_terms if self.restated_contact else None,
        )

    def _valid_terms(
        self, given_at: datetime | None, given: str, withdrawn_at: datetime | None, restated: str | None
    ) -> str | None:
        """Return the terms of the valid consent, or None. A restatement replaces all earlier facts."""
        if self.restated_at is not None:
            given_at = given_at if given_at is not None and given_at > self.restated_at else None
            withdrawn = withdrawn_at is not None and withdrawn_at > self.restated_at
            if restated is not None and given_at is None:
                return None if withdrawn else restated
        stands = given_at is not None and (withdrawn_at is None or given_at > withdrawn_at)
        return given if stands else None

    @property
    def _covered(self) -> bool:
        """Return whether both consents cover the responsible authority. True until one is known."""
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
        """Return whether the registration is merged into another one."""
        return _holds(self.merged_at, self.unmerged_at)


# Fields of one event are kept together: of each group, the one with the latest time counts.
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


def merge(known: PersonProjection, incoming: PersonProjection) -> PersonProjection:
    changed: dict[str, Any] = {}
    for names, values in _TOGETHER:
        mine, theirs = values(known), values(incoming)
        if theirs[0] is not None and (mine[0] is None or theirs > mine):
            changed |= zip(names, theirs, strict=True)
    for name in _TIMES:
        mine, theirs = getattr(known, name), getattr(incoming, name)
        if theirs is not None and (mine is None or theirs > mine):
            changed[name] = theirs
    for name in ("registered", "forgotten"):
        if getattr(incoming, name) and not getattr(known, name):
            changed[name] = True
    return replace(known, **changed) if changed else known


def _holds(since: datetime | None, ended: datetime | None) -> bool:
    return since is not None and (ended is None or since >= ended)


class PersonBucket(StrEnum):
    """Where a registered person is: exactly one bucket, in the order of the process."""

    MERGED = "merged"  # the other registration is counted in its own bucket
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
    """Steps that a person has passed. They stay when the bucket changes."""

    CONSENTED = 1
    ROUTED = 2
    UNRESOLVED = 4
    PLANNED = 8
    HANDED_OVER = 16
    DELIVERED = 32


_PRECEDENCE: Final = {
    ContactStage.IN_DOUBT: PersonBucket.IN_DOUBT,
    ContactStage.REQUESTED: PersonBucket.PLANNED,
    ContactStage.HANDED_OVER: PersonBucket.HANDED_OVER,
    ContactStage.DELIVERED: PersonBucket.DELIVERED,
    ContactStage.FAILED: PersonBucket.FAILED,
    ContactStage.LISTED: PersonBucket.CALL_LISTED,
    ContactStage.CONCLUDED: PersonBucket.CALL_CONCLUDED,
    ContactStage.WITHHELD: PersonBucket.WITHHELD,
}


_NOT_REACHED: Final = {PersonBucket.WITHHELD, PersonBucket.FAILED}


def bucket(person: PersonProjection, contacts: Collection[Contact]) -> PersonBucket:
    """Return the bucket from the messages, or from the calls if there are no messages.

    Of several contacts, an open one comes first, then the best result.
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
    if person.consents_given and person.expired:
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
    if any(c.state is ContactStage.DELIVERED for c in contacts):
        passed |= Stage.DELIVERED
    return passed
