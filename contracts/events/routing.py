"""The events of routing: the authority responsible for a person on a date. Topic routing.v1."""

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

    on: date  # the date for which the authority is responsible
    municipality: AuthorityId
    region: AuthorityId | None  # None outside the regions (Greenland, Faroe Islands)
    reason: str  # the rule that decided: services.routing.domain
    decided_at: Moment
    contactability: Contactability
    digital_post: bool | None  # enrolled; None if the register could not be asked
    letter_allowed: bool
    recipient: Sealed | None = None  # personal.Recipient: the addressee of messages
    acting: AuthorityId | None = (
        None  # who gets the work on that date: the municipality, its delegate or successor
    )
    covered_by: tuple[
        AuthorityId, ...
    ] = ()  # authorities that a limited consent may name: contracts.rules.consent.covers


class HomeAuthorityUnresolved(PersonEvent):
    topic: ClassVar[str] = TOPIC

    on: date
    queue: str  # the triage queue of the case; empty if a person has closed it
    reason: str
    candidates: tuple[AuthorityId, ...] = ()
    decided_at: Moment
    contactability: Contactability = Contactability.OPEN
    closed: ClosedReason | None = None  # set if a person has closed the case
    held_by: AuthorityId | None = None  # has accepted the case, so it stays responsible meanwhile
    covered_by: tuple[AuthorityId, ...] = ()  # authorities that a limited consent may name: of `held_by`


class CurrentNumberLearned(PersonEvent):
    """The CPR register has replaced the person's number by another one."""

    topic: ClassVar[str] = TOPIC

    number: Sealed  # personal.Identity: the current number, sealed with the person's key
    learned_at: Moment


class TriageOverdue(PersonEvent):
    """A case has exceeded the deadline of its triage queue."""

    topic: ClassVar[str] = TOPIC

    queue: str
    reason: str
    since: Moment
    owner_known: bool
    overdue_at: Moment


class HandoverEvent(PersonEvent):
    topic: ClassVar[str] = TOPIC

    handover_id: HandoverId
    authority: AuthorityId  # the authority asked: the home authority or its delegate


class HandoverOffered(HandoverEvent):
    consent_id: ConsentId  # the consent to be passed on
    offered_at: Moment
    answer_by: Moment


class HandoverAccepted(HandoverEvent):
    """The authority is responsible for the follow-up from now on."""

    accepted_at: Moment
    contact_by: Moment


class HandoverRefused(HandoverEvent):
    reason: RefusalReason
    refused_at: Moment


class FirstContactMade(HandoverEvent):
    made_at: Moment


class HandoverEscalated(HandoverEvent):
    """The deadline for the answer or the first contact has passed. The region is informed."""

    step: HandoverStep
    region: AuthorityId | None  # None outside the regions
    due_at: Moment
    escalated_at: Moment


class RelativeDied(HandoverEvent):
    """A relative of the person has died. The authority of the person must know."""

    relative: RegistrationId
    learned_at: Moment


class RelativeDeathUndone(HandoverEvent):
    """No relative of the person is dead after all: RelativeDied, published before, no longer holds."""

    learned_at: Moment


class HandoverCalledOff(HandoverEvent):
    reason: CalledOffReason
    called_off_at: Moment
