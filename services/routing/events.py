"""What routing says of one person."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from contracts.events.audit import PersonalDataPassedOn
from contracts.events.ids import AuthorityId, ConsentId, IncidentId, RegistrationId
from contracts.events.routing import (
    CurrentNumberLearned,
    FirstContactMade,
    HandoverAccepted,
    HandoverCalledOff,
    HandoverEscalated,
    HandoverOffered,
    HandoverRefused,
    HomeAuthorityResolved,
    HomeAuthorityUnresolved,
    RelativeDied,
    TriageOverdue,
)
from contracts.events.vocabulary import (
    CalledOffReason,
    ClosedReason,
    Contactability,
    HandoverStep,
    RefusalReason,
)
from contracts.wire.sealed import Sealed
from services.routing.domain.disclosure import RegistrationConsent
from services.routing.domain.handover import Handover
from services.routing.domain.outcome import Resolved, ResolvedReason
from services.routing.domain.triage import Queue, Triage, told


@dataclass(frozen=True, slots=True)
class About:
    incident_id: IncidentId
    registration_id: RegistrationId
    exercise: bool


@dataclass(frozen=True, slots=True)
class Passed:
    """What was passed to whom, when, on which consent, by whom."""

    about: About
    to: Handover
    field_sets: tuple[str, ...]
    consent: RegistrationConsent
    actor: str
    at: datetime


def resolved(
    about: About,
    decision: Resolved,
    contactability: Contactability,
    recipient: Sealed | None,
    at: datetime,
) -> HomeAuthorityResolved:
    return HomeAuthorityResolved(
        incident_id=about.incident_id,
        registration_id=about.registration_id,
        exercise=about.exercise,
        on=decision.on,
        municipality=decision.municipality,
        region=decision.region,
        reason=decision.reason,
        decided_at=at,
        contactability=contactability,
        digital_post=decision.person.recipients.digital_post(),
        letter_allowed=decision.person.letter_allowed,
        recipient=recipient,
        acting=decision.acting or decision.municipality,
        covered_by=decision.covered_by,
    )


def closed(
    about: About, on: date, why: ClosedReason, contactability: Contactability, at: datetime
) -> HomeAuthorityUnresolved:
    return HomeAuthorityUnresolved(
        incident_id=about.incident_id,
        registration_id=about.registration_id,
        exercise=about.exercise,
        on=on,
        queue="",
        reason=why,
        decided_at=at,
        contactability=contactability,
        closed=why,
    )


def refused_home(
    about: About, on: date, why: RefusalReason, contactability: Contactability, at: datetime
) -> HomeAuthorityUnresolved:
    """Tell that nobody is responsible any more: the home authority has refused the case."""
    return unresolved(about, on, Triage(Queue.HANDOVER, why), contactability, at)


def current_number(about: About, number: Sealed, at: datetime) -> CurrentNumberLearned:
    return CurrentNumberLearned(
        incident_id=about.incident_id,
        registration_id=about.registration_id,
        exercise=about.exercise,
        number=number,
        learned_at=at,
    )


def unresolved(
    about: About, on: date, triage: Triage, contactability: Contactability, at: datetime
) -> HomeAuthorityUnresolved:
    return HomeAuthorityUnresolved(
        incident_id=about.incident_id,
        registration_id=about.registration_id,
        exercise=about.exercise,
        on=on,
        queue=triage.queue,
        reason=told(triage.reason),
        candidates=triage.candidates,
        decided_at=at,
        contactability=contactability,
    )


@dataclass(frozen=True, slots=True)
class Responsibility:
    """Who is responsible on a date, by the table of authorities."""

    on: date
    municipality: AuthorityId
    region: AuthorityId | None
    acting: AuthorityId  # the municipality itself, unless another takes its cases
    covered_by: tuple[AuthorityId, ...]
    reason: ResolvedReason = ResolvedReason.DECIDED_BY_PERSON


KnownOfPerson = tuple[Contactability, bool | None, bool, Sealed | None]
"""What the last decision found out about a person: contactability, Digital Post, letter, recipient."""


def resolved_without_register(
    about: About, home: Responsibility, known: KnownOfPerson, at: datetime
) -> HomeAuthorityResolved:
    contactability, digital_post, letter_allowed, recipient = known
    return HomeAuthorityResolved(
        incident_id=about.incident_id,
        registration_id=about.registration_id,
        exercise=about.exercise,
        on=home.on,
        municipality=home.municipality,
        region=home.region,
        reason=home.reason,
        decided_at=at,
        contactability=contactability,
        digital_post=digital_post,
        letter_allowed=letter_allowed,
        recipient=recipient,
        acting=home.acting,
        covered_by=home.covered_by,
    )


def offered(
    about: About, handover: Handover, consent_id: ConsentId, at: datetime, answer_by: datetime
) -> HandoverOffered:
    return HandoverOffered(**_of(about, handover), consent_id=consent_id, offered_at=at, answer_by=answer_by)


def accepted(about: About, handover: Handover, at: datetime, contact_by: datetime) -> HandoverAccepted:
    return HandoverAccepted(**_of(about, handover), accepted_at=at, contact_by=contact_by)


def refused(about: About, handover: Handover, reason: RefusalReason, at: datetime) -> HandoverRefused:
    return HandoverRefused(**_of(about, handover), reason=reason, refused_at=at)


def contacted(about: About, handover: Handover, at: datetime) -> FirstContactMade:
    return FirstContactMade(**_of(about, handover), made_at=at)


def called_off(about: About, handover: Handover, why: CalledOffReason, at: datetime) -> HandoverCalledOff:
    return HandoverCalledOff(**_of(about, handover), reason=why, called_off_at=at)


def relative_died(about: About, handover: Handover, relative: RegistrationId, at: datetime) -> RelativeDied:
    return RelativeDied(**_of(about, handover), relative=relative, learned_at=at)


def escalated(
    about: About,
    handover: Handover,
    step: HandoverStep,
    region: AuthorityId | None,
    times: tuple[datetime, datetime],
) -> HandoverEscalated:
    due_at, at = times  # `at`: when it was noticed
    return HandoverEscalated(**_of(about, handover), step=step, region=region, due_at=due_at, escalated_at=at)


def passed_on(passed: Passed) -> PersonalDataPassedOn:
    return PersonalDataPassedOn(
        **_of(passed.about, passed.to),
        field_sets=passed.field_sets,
        consent_id=passed.consent.consent_id,
        actor=passed.actor,
        passed_on_at=passed.at,
    )


def triage_overdue(
    about: About, triage: Triage, since: datetime, at: datetime, *, owner_known: bool
) -> TriageOverdue:
    return TriageOverdue(
        incident_id=about.incident_id,
        registration_id=about.registration_id,
        exercise=about.exercise,
        queue=triage.queue,
        reason=told(triage.reason),
        since=since,
        owner_known=owner_known,
        overdue_at=at,
    )


def _of(about: About, handover: Handover) -> dict[str, Any]:
    return {
        "incident_id": about.incident_id,
        "registration_id": about.registration_id,
        "exercise": about.exercise,
        "handover_id": handover.handover_id,
        "authority": handover.authority,
    }
