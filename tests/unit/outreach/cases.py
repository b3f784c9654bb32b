"""Invented people and the events of other services about them."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta

from contracts.events.ids import AttemptId, AuthorityId, ConsentId, IncidentId, RegistrationId
from contracts.events.notify import (
    ContactDelivered,
    ContactFailed,
    ContactHandedOver,
    ContactInDoubt,
    MessageWithheld,
)
from contracts.events.outreach import ContactRequested
from contracts.events.registration import (
    ConsentFact,
    ConsentGiven,
    ConsentsRestated,
    ConsentWithdrawn,
    ContactBarLifted,
    ContactBarred,
    IncidentClosed,
    IncidentOpened,
    IncidentReopened,
    PersonCorrected,
    PersonForgotten,
    PersonMerged,
    PersonRegistered,
    PersonUnmerged,
)
from contracts.events.routing import HomeAuthorityResolved, HomeAuthorityUnresolved
from contracts.events.vocabulary import (
    AgeBand,
    BarReason,
    Channel,
    Contactability,
    IncidentKind,
    Purpose,
    RegistrationPlace,
    Role,
    WithheldReason,
)
from contracts.wire.event import Event
from contracts.wire.sealed import Sealed
from kit.runtime.clock import Clock
from kit.runtime.ids import new_id

AARHUS, ODENSE = AuthorityId("0751"), AuthorityId("0461")
STARTED = datetime(2026, 12, 1, 17, 30, tzinfo=UTC)
NOW = datetime(2026, 12, 2, 9, 0, tzinfo=UTC)  # a Wednesday, 10:00 in Copenhagen
EVERYTHING = tuple(Channel)
SEALED = Sealed(b"\x01sealed")


class StoppedClock(Clock):
    """A clock that the test advances."""

    def __init__(self, at: datetime = NOW) -> None:
        self.at = at

    def now(self) -> datetime:
        return self.at

    def forward(self, by: timedelta) -> None:
        self.at += by


def incident_id() -> IncidentId:
    return IncidentId(new_id())


def registration_id() -> RegistrationId:
    return RegistrationId(new_id())


def opened(incident: IncidentId) -> IncidentOpened:
    return IncidentOpened(
        incident_id=incident,
        exercise=True,
        name="Øvelse Havnen",
        kind=IncidentKind.FIRE,
        place="Aarhus Havn",
        started_at=STARTED,
        event_authority=AARHUS,
    )


def closed(incident: IncidentId) -> IncidentClosed:
    return IncidentClosed(incident_id=incident, exercise=True, closed_at=NOW)


def reopened(incident: IncidentId) -> IncidentReopened:
    return IncidentReopened(incident_id=incident, exercise=True, reopened_at=NOW + timedelta(hours=1))


def consent(
    purpose: Purpose,
    *,
    channels: Sequence[Channel] = EVERYTHING,
    given_at: datetime = STARTED,
    expires_at: datetime = STARTED + timedelta(days=365),
    authorities: Sequence[AuthorityId] = (),
) -> ConsentFact:
    return ConsentFact(
        consent_id=ConsentId(new_id()),
        purpose=purpose,
        channels=tuple(channels) if purpose is Purpose.CONTACT else (),
        given_at=given_at,
        expires_at=expires_at,
        authorities=tuple(authorities),
    )


def both_consents(channels: Sequence[Channel] = EVERYTHING) -> tuple[ConsentFact, ...]:
    return consent(Purpose.REGISTRATION), consent(Purpose.CONTACT, channels=channels)


def registered(
    incident: IncidentId,
    person: RegistrationId,
    *,
    consents: tuple[ConsentFact, ...] | None = None,
    channels: Sequence[Channel] = (Channel.CALL, Channel.DIGITAL_POST, Channel.SMS, Channel.EMAIL),
    role: Role = Role.VICTIM,
    age_band: AgeBand = AgeBand.ADULT,
    contact: Sealed = SEALED,
    bars: Sequence[BarReason] = (),
) -> PersonRegistered:
    return PersonRegistered(
        incident_id=incident,
        exercise=True,
        registration_id=person,
        role=role,
        place=RegistrationPlace.EPC,
        registered_at=STARTED,
        language="da",
        age_band=age_band,
        channels=tuple(channels),
        consents=both_consents() if consents is None else consents,
        identity=SEALED,
        contact=contact,
        bars=tuple(bars),
    )


def corrected(
    incident: IncidentId,
    person: RegistrationId,
    *,
    channels: Sequence[Channel] = EVERYTHING,
    changed: Sequence[str] = ("phone",),
    language: str = "da",
    contact: Sealed = SEALED,
    preferred: Channel | None = None,
    at: datetime = NOW,
) -> PersonCorrected:
    return PersonCorrected(
        incident_id=incident,
        exercise=True,
        registration_id=person,
        role=Role.VICTIM,
        language=language,
        age_band=AgeBand.ADULT,
        channels=tuple(channels),
        contact=contact,
        preferred_channel=preferred,
        changed=tuple(changed),
        corrected_at=at,
    )


def resolved(
    incident: IncidentId,
    person: RegistrationId,
    *,
    municipality: AuthorityId = AARHUS,
    digital_post: bool | None = True,
    contactability: Contactability = Contactability.OPEN,
    recipient: Sealed | None = SEALED,
    decided_at: datetime = STARTED,
    acting: AuthorityId | None = None,
    covered_by: Sequence[AuthorityId] = (),
) -> HomeAuthorityResolved:
    return HomeAuthorityResolved(
        incident_id=incident,
        exercise=True,
        registration_id=person,
        on=date(2026, 12, 2),
        municipality=municipality,
        region=AuthorityId("1082"),
        reason="register",
        decided_at=decided_at,
        contactability=contactability,
        digital_post=digital_post,
        letter_allowed=True,
        recipient=recipient,
        acting=acting,
        covered_by=tuple(covered_by),
    )


def unresolved(
    incident: IncidentId,
    person: RegistrationId,
    *,
    decided_at: datetime = STARTED,
    contactability: Contactability = Contactability.OPEN,
    held_by: AuthorityId | None = None,
    covered_by: Sequence[AuthorityId] = (),
) -> HomeAuthorityUnresolved:
    return HomeAuthorityUnresolved(
        incident_id=incident,
        exercise=True,
        registration_id=person,
        on=date(2026, 12, 2),
        queue="national",
        reason="no_address",
        decided_at=decided_at,
        contactability=contactability,
        held_by=held_by,
        covered_by=tuple(covered_by),
    )


def whole(incident: IncidentId, person: RegistrationId) -> list[Event]:
    return [registered(incident, person), resolved(incident, person)]


def withdrawn(
    incident: IncidentId,
    person: RegistrationId,
    *,
    purpose: Purpose = Purpose.CONTACT,
    at: datetime = NOW,
) -> ConsentWithdrawn:
    return ConsentWithdrawn(
        incident_id=incident, exercise=True, registration_id=person, purpose=purpose, withdrawn_at=at
    )


def restated(
    incident: IncidentId, person: RegistrationId, consents: Sequence[ConsentFact], *, at: datetime = NOW
) -> ConsentsRestated:
    return ConsentsRestated(
        incident_id=incident, exercise=True, registration_id=person, consents=tuple(consents), restated_at=at
    )


def merged(
    incident: IncidentId, person: RegistrationId, into: RegistrationId, *, at: datetime = NOW
) -> PersonMerged:
    return PersonMerged(incident_id=incident, exercise=True, registration_id=person, into=into, merged_at=at)


def unmerged(
    incident: IncidentId, person: RegistrationId, out_of: RegistrationId, *, at: datetime
) -> PersonUnmerged:
    return PersonUnmerged(
        incident_id=incident, exercise=True, registration_id=person, out_of=out_of, unmerged_at=at
    )


def barred(
    incident: IncidentId,
    person: RegistrationId,
    *,
    reason: BarReason = BarReason.DO_NOT_CONTACT,
    at: datetime = NOW,
) -> ContactBarred:
    return ContactBarred(
        incident_id=incident, exercise=True, registration_id=person, reason=reason, barred_at=at
    )


def bar_lifted(
    incident: IncidentId,
    person: RegistrationId,
    *,
    reason: BarReason = BarReason.DO_NOT_CONTACT,
    at: datetime,
) -> ContactBarLifted:
    return ContactBarLifted(
        incident_id=incident, exercise=True, registration_id=person, reason=reason, lifted_at=at
    )


def given(incident: IncidentId, person: RegistrationId, fact: ConsentFact) -> ConsentGiven:
    return ConsentGiven(incident_id=incident, exercise=True, registration_id=person, consent=fact)


def forgotten(incident: IncidentId, person: RegistrationId) -> PersonForgotten:
    return PersonForgotten(incident_id=incident, exercise=True, registration_id=person, forgotten_at=NOW)


def handed_over(request: ContactRequested, attempt: AttemptId) -> ContactHandedOver:
    return ContactHandedOver(
        **_about(request), attempt_id=attempt, channel=request.channels[0], handed_over_at=NOW
    )


def delivered(request: ContactRequested, attempt: AttemptId) -> ContactDelivered:
    return ContactDelivered(
        **_about(request), attempt_id=attempt, channel=request.channels[0], delivered_at=NOW
    )


def covered(request: ContactRequested) -> MessageWithheld:
    """Build the event that a text to a shared telephone covers the person."""
    return MessageWithheld(**_about(request), reason=WithheldReason.SHARED_PHONE, withheld_at=NOW)


def failed(request: ContactRequested) -> ContactFailed:
    return ContactFailed(**_about(request), channel=request.channels[0], code="rejected", failed_at=NOW)


def in_doubt(request: ContactRequested, attempt: AttemptId) -> ContactInDoubt:
    return ContactInDoubt(**_about(request), attempt_id=attempt, channel=request.channels[0], in_doubt_at=NOW)


def _about(request: ContactRequested) -> dict[str, object]:
    names = ("incident_id", "exercise", "registration_id", "contact_id", "wave_id", "municipality")
    return {name: getattr(request, name) for name in names}
