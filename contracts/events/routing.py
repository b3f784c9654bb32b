"""What routing says: who is responsible for a person on a date. Topic routing.v1."""

from datetime import date
from typing import ClassVar

from contracts.events.ids import AuthorityId, ConsentId, HandoverId, RegistrationId
from contracts.events.vocabulary import (
    CalledOffReason,
    ClosedReason,
    Contactability,
    HandoverStep,
    RefusalReason,
)
from contracts.wire.event import Moment, PersonEvent
from contracts.wire.sealed import Sealed

TOPIC = "routing.v1"


class HomeAuthorityResolved(PersonEvent):
    topic: ClassVar[str] = TOPIC

    on: date  # the date the answer is given for
    municipality: AuthorityId
    region: AuthorityId | None  # None for the parts of the realm outside the regions
    reason: str  # services.routing.domain: why this authority
    decided_at: Moment
    contactability: Contactability
    digital_post: bool | None  # enrolled; None where the register could not be asked
    letter_allowed: bool
    recipient: Sealed | None = None  # personal.Recipient: who a message must be addressed to
    acting: AuthorityId | None = (
        None  # who gets the work on that date: the municipality, its delegate or successor
    )
    covered_by: tuple[
        AuthorityId, ...
    ] = ()  # authorities that a limited consent may name: contracts.rules.consent.covers


class HomeAuthorityUnresolved(PersonEvent):
    topic: ClassVar[str] = TOPIC

    on: date
    queue: str  # the named triage queue that has the case now; empty where a person has closed it
    reason: str
    candidates: tuple[AuthorityId, ...] = ()
    decided_at: Moment
    contactability: Contactability = Contactability.OPEN
    closed: ClosedReason | None = None  # a person has closed the case: nobody looks for an authority


class CurrentNumberLearned(PersonEvent):
    """The register has replaced the person's CPR number by another one."""

    topic: ClassVar[str] = TOPIC

    number: Sealed  # personal.Identity: the current number, sealed with the person's key
    learned_at: Moment


class TriageOverdue(PersonEvent):
    """A case has waited in a triage queue for longer than it may: somebody above must look."""

    topic: ClassVar[str] = TOPIC

    queue: str
    reason: str
    since: Moment
    owner_known: bool
    overdue_at: Moment


class HandoverEvent(PersonEvent):
    topic: ClassVar[str] = TOPIC

    handover_id: HandoverId
    authority: AuthorityId  # who is asked to take the case: the home authority, or who acts for it


class HandoverOffered(HandoverEvent):
    consent_id: ConsentId  # the consent to be registered and passed on, on which this rests
    offered_at: Moment
    answer_by: Moment


class HandoverAccepted(HandoverEvent):
    """From here the authority is responsible for the follow-up."""

    accepted_at: Moment
    contact_by: Moment


class HandoverRefused(HandoverEvent):
    reason: RefusalReason
    refused_at: Moment


class FirstContactMade(HandoverEvent):
    made_at: Moment


class HandoverEscalated(HandoverEvent):
    """Not answered, or nobody called, in time: the region is told."""

    step: HandoverStep
    region: AuthorityId | None  # None outside the regions
    due_at: Moment
    escalated_at: Moment


class RelativeDied(HandoverEvent):
    """Somebody the person belongs to has died: the authority that follows the person up must know."""

    relative: RegistrationId
    learned_at: Moment


class HandoverCalledOff(HandoverEvent):
    reason: CalledOffReason
    called_off_at: Moment
