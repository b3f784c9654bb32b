"""State of one registered person, and the person's bucket."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import IntFlag, StrEnum
from typing import Final

from contracts.events.vocabulary import StepKind, WithheldReason
from contracts.rules.consent import Consents, covers, refusal
from services.console.projection import consent_terms
from services.console.projection.contact import Contact, ContactStage


@dataclass(frozen=True, slots=True)
class PersonProjection:
    """The newest state that registration and routing have told."""

    revision: int = 0  # of registration's state; 0: not registered yet
    forgotten: bool = False
    registration_terms: str = consent_terms.NONE
    contact_terms: str = consent_terms.NONE
    possible: str = ""  # channels for which there are contact details
    is_child: bool = False
    decided_at: datetime | None = None
    covered_by: str = ""  # authorities that satisfy a limited consent; empty: unknown
    closed: str = ""  # channels that the register closes
    suppressed: bool = False  # the CPR register allows no contact
    unaddressed: bool = False  # routing named no recipient: stops contact with a child
    municipality: str = ""  # empty after a decision: no responsible authority found
    barred: bool = False
    merged: bool = False  # merged into another registration
    lapsed_for: datetime | None = None  # the expiry that was applied

    @property
    def registered(self) -> bool:
        return self.revision > 0

    @property
    def consents(self) -> bool:
        """Return whether both consents are in force for the responsible authority."""
        return self.refusal is None and self._covered

    @property
    def refusal(self) -> WithheldReason | None:
        """Return why one of the two consents is not in force. Contact needs both."""
        at = self.lapsed_for or _NOT_LAPSED
        registration, contact = self._states
        return refusal(registration, at) or refusal(contact, at)

    @property
    def expires_at(self) -> datetime | None:
        """Return the earlier expiry of the two consents; None without them."""
        ends = [state.consent.expires_at for state in self._states if state.consent is not None]
        return min(ends) if len(ends) == len(self._states) else None

    @property
    def contactable(self) -> bool:
        """Return whether at least one channel is open, and the CPR register allows contact."""
        if self.suppressed or (self.is_child and self.unaddressed):
            return False
        consent = self._states[1].consent
        open_to = consent_terms.names(self.possible) - consent_terms.names(self.closed)
        return consent is not None and not open_to.isdisjoint(consent.channels)

    @property
    def _states(self) -> Consents:
        return consent_terms.read(self.registration_terms), consent_terms.read(self.contact_terms)

    @property
    def _covered(self) -> bool:
        """Return whether both consents cover the responsible authority. True until one is known."""
        may_name = consent_terms.authorities(self.covered_by)
        return not may_name or all(covers(state, may_name) for state in self._states)


_NOT_LAPSED: Final = datetime.min.replace(tzinfo=UTC)


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
    if person.refusal is WithheldReason.CONSENT_EXPIRED:
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
