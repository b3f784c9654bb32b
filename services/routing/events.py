"""What routing says of one person."""

from dataclasses import dataclass
from datetime import date, datetime

from contracts.event import Sealed
from contracts.ids import AuthorityId, IncidentId, RegistrationId
from contracts.routing import HomeAuthorityResolved, HomeAuthorityUnresolved
from contracts.vocabulary import Contactability
from services.routing.domain.outcome import Resolved, ResolvedReason
from services.routing.domain.triage import Triage, told


@dataclass(frozen=True, slots=True)
class About:
    incident_id: IncidentId
    registration_id: RegistrationId
    exercise: bool


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


def resolved_by_person(
    about: About,
    on: date,
    home: tuple[AuthorityId, AuthorityId | None],
    known: tuple[Contactability, bool | None, bool, Sealed | None],
    at: datetime,
) -> HomeAuthorityResolved:
    """`home`: municipality and region. `known`: what the last decision found out about the person."""
    municipality, region = home
    contactability, digital_post, letter_allowed, recipient = known
    return HomeAuthorityResolved(
        incident_id=about.incident_id,
        registration_id=about.registration_id,
        exercise=about.exercise,
        on=on,
        municipality=municipality,
        region=region,
        reason=ResolvedReason.DECIDED_BY_PERSON,
        decided_at=at,
        contactability=contactability,
        digital_post=digital_post,
        letter_allowed=letter_allowed,
        recipient=recipient,
    )
