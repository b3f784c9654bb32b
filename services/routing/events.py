"""Build the events that routing publishes about a person."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from contracts.events.audit import PersonalDataPassedOn
from contracts.events.ids import AuthorityId, ConsentId, RegistrationId
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
    RelativeDeathUndone,
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
from services.routing.domain.handover import CaseRef, Disclosure, Handover
from services.routing.domain.outcome import ResolvedHome, ResolvedReason
from services.routing.domain.triage import Queue, Triage, public_reason


def home_authority_resolved(
    case_ref: CaseRef,
    decision: ResolvedHome,
    contactability: Contactability,
    recipient: Sealed | None,
    at: datetime,
) -> HomeAuthorityResolved:
    return HomeAuthorityResolved(
        incident_id=case_ref.incident_id,
        registration_id=case_ref.registration_id,
        exercise=case_ref.exercise,
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


def case_closed(
    case_ref: CaseRef, on: date, why: ClosedReason, contactability: Contactability, at: datetime
) -> HomeAuthorityUnresolved:
    return HomeAuthorityUnresolved(
        incident_id=case_ref.incident_id,
        registration_id=case_ref.registration_id,
        exercise=case_ref.exercise,
        on=on,
        queue="",
        reason=why,
        decided_at=at,
        contactability=contactability,
        closed=why,
    )


def home_authority_refused(
    case_ref: CaseRef, on: date, why: RefusalReason, contactability: Contactability, at: datetime
) -> HomeAuthorityUnresolved:
    """Report that no authority is responsible, because the home authority refused the case."""
    return home_authority_unresolved(case_ref, on, Triage(Queue.HANDOVER, why), contactability, at)


def current_number_learned(case_ref: CaseRef, number: Sealed, at: datetime) -> CurrentNumberLearned:
    return CurrentNumberLearned(
        incident_id=case_ref.incident_id,
        registration_id=case_ref.registration_id,
        exercise=case_ref.exercise,
        number=number,
        learned_at=at,
    )


def home_authority_unresolved(
    case_ref: CaseRef,
    on: date,
    triage: Triage,
    contactability: Contactability,
    at: datetime,
    held: Handover | None = None,
) -> HomeAuthorityUnresolved:
    return HomeAuthorityUnresolved(
        incident_id=case_ref.incident_id,
        registration_id=case_ref.registration_id,
        exercise=case_ref.exercise,
        on=on,
        queue=triage.queue,
        reason=public_reason(triage.reason),
        candidates=triage.candidates,
        decided_at=at,
        contactability=contactability,
        held_by=held and held.authority,
        covered_by=held.names() if held else (),
    )


@dataclass(frozen=True, slots=True)
class Responsibility:
    """The responsible authorities on a date, from the table of authorities."""

    on: date
    municipality: AuthorityId
    region: AuthorityId | None
    acting: AuthorityId  # the municipality itself, unless another authority takes its cases
    covered_by: tuple[AuthorityId, ...]
    reason: ResolvedReason = ResolvedReason.DECIDED_BY_PERSON


KnownOfPerson = tuple[Contactability, bool | None, bool, Sealed | None]
"""What the last decision found out about a person: contactability, Digital Post, letter, recipient."""


def home_authority_resolved_without_register(
    case_ref: CaseRef, home: Responsibility, known: KnownOfPerson, at: datetime
) -> HomeAuthorityResolved:
    contactability, digital_post, letter_allowed, recipient = known
    return HomeAuthorityResolved(
        incident_id=case_ref.incident_id,
        registration_id=case_ref.registration_id,
        exercise=case_ref.exercise,
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


def handover_offered(
    case_ref: CaseRef, handover: Handover, consent_id: ConsentId, at: datetime, answer_by: datetime
) -> HandoverOffered:
    return HandoverOffered(
        **_handover_fields(case_ref, handover), consent_id=consent_id, offered_at=at, answer_by=answer_by
    )


def handover_accepted(
    case_ref: CaseRef, handover: Handover, at: datetime, contact_by: datetime
) -> HandoverAccepted:
    return HandoverAccepted(**_handover_fields(case_ref, handover), accepted_at=at, contact_by=contact_by)


def handover_refused(
    case_ref: CaseRef, handover: Handover, reason: RefusalReason, at: datetime
) -> HandoverRefused:
    return HandoverRefused(**_handover_fields(case_ref, handover), reason=reason, refused_at=at)


def first_contact_made(case_ref: CaseRef, handover: Handover, at: datetime) -> FirstContactMade:
    return FirstContactMade(**_handover_fields(case_ref, handover), made_at=at)


def handover_called_off(
    case_ref: CaseRef, handover: Handover, why: CalledOffReason, at: datetime
) -> HandoverCalledOff:
    return HandoverCalledOff(**_handover_fields(case_ref, handover), reason=why, called_off_at=at)


def relative_died(
    case_ref: CaseRef, handover: Handover, relative: RegistrationId, at: datetime
) -> RelativeDied:
    return RelativeDied(**_handover_fields(case_ref, handover), relative=relative, learned_at=at)


def relative_death_undone(case_ref: CaseRef, handover: Handover, at: datetime) -> RelativeDeathUndone:
    return RelativeDeathUndone(**_handover_fields(case_ref, handover), learned_at=at)


def handover_escalated(
    case_ref: CaseRef,
    handover: Handover,
    step: HandoverStep,
    region: AuthorityId | None,
    times: tuple[datetime, datetime],
) -> HandoverEscalated:
    due_at, at = times  # `at`: when the delay was noticed
    return HandoverEscalated(
        **_handover_fields(case_ref, handover), step=step, region=region, due_at=due_at, escalated_at=at
    )


def personal_data_passed_on(passed: Disclosure) -> PersonalDataPassedOn:
    return PersonalDataPassedOn(
        **_handover_fields(passed.case, passed.to),
        field_sets=passed.field_sets,
        consent_id=passed.consent.consent_id,
        actor=passed.actor,
        passed_on_at=passed.at,
    )


def triage_overdue(
    case_ref: CaseRef, triage: Triage, since: datetime, at: datetime, *, owner_known: bool
) -> TriageOverdue:
    return TriageOverdue(
        incident_id=case_ref.incident_id,
        registration_id=case_ref.registration_id,
        exercise=case_ref.exercise,
        queue=triage.queue,
        reason=public_reason(triage.reason),
        since=since,
        owner_known=owner_known,
        overdue_at=at,
    )


def _handover_fields(case_ref: CaseRef, handover: Handover) -> dict[str, Any]:
    return {
        "incident_id": case_ref.incident_id,
        "registration_id": case_ref.registration_id,
        "exercise": case_ref.exercise,
        "handover_id": handover.handover_id,
        "authority": handover.authority,
    }
