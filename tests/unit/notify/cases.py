"""Events about one invented incident, and scripted providers without a network."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

from contracts.events.ids import (
    AttemptId,
    AuthorityId,
    ConsentId,
    ContactId,
    IncidentId,
    RegistrationId,
    WaveId,
)
from contracts.events.outreach import ContactRequested
from contracts.events.personal import CONTACT, RECIPIENT, ContactDetails, Recipient
from contracts.events.registration import (
    ConsentFact,
    ConsentsRestated,
    ConsentWithdrawn,
    ContactBarLifted,
    ContactBarred,
    IncidentCorrected,
    IncidentOpened,
    PersonCorrected,
    PersonMerged,
    PersonRegistered,
    PersonUnmerged,
)
from contracts.events.vocabulary import (
    AgeBand,
    BarReason,
    Channel,
    IncidentKind,
    Purpose,
    RegistrationPlace,
    Role,
)
from contracts.rules.email import EmailAddress
from contracts.rules.phone import PhoneNumber
from kit.privacy.sealing import DataKey
from kit.runtime.ids import new_id
from services.notify.domain.message import Composed, MessageAddressee, OutgoingMessage
from services.notify.domain.outcome import Accepted, Enquiry, EnquiryFailed, Fault, Outcome, Rejected

PHONE, EMAIL, CPR = "+4520111101", "anna@example.dk", "0104909989"


@dataclass(frozen=True)
class Story:
    """One person of one incident."""

    exercise: bool = True
    channels: tuple[Channel, ...] = (Channel.SMS,)
    consented: tuple[Channel, ...] = (Channel.SMS, Channel.EMAIL, Channel.DIGITAL_POST)
    recipient: Recipient = Recipient((CPR,))  # noqa: RUF009 - frozen
    incident_id: IncidentId = field(default_factory=lambda: IncidentId(new_id()))
    registration_id: RegistrationId = field(default_factory=lambda: RegistrationId(new_id()))
    contact_id: ContactId = field(default_factory=lambda: ContactId(new_id()))
    wave_id: WaveId = field(default_factory=lambda: WaveId(new_id()))
    at: datetime = field(default_factory=lambda: datetime.now(UTC))
    phone: str = PHONE
    authorities: tuple[AuthorityId, ...] = ()  # whom the consents cover; empty: whoever is responsible
    acting: AuthorityId | None = None  # as routing told it; None: told before it told that
    covered_by: tuple[AuthorityId, ...] = ()

    def another(self) -> "Story":
        """Return another registration of the same incident and wave."""
        return replace(
            self, registration_id=RegistrationId(new_id()), contact_id=ContactId(new_id()), at=self.at
        )

    def opened(self) -> IncidentOpened:
        return IncidentOpened(
            incident_id=self.incident_id,
            exercise=self.exercise,
            name="Øvelse Nordhavn",
            kind=IncidentKind.FIRE,
            place="Nordhavn",
            started_at=self.at,
            event_authority=AuthorityId("0101"),
            hotline="+4570000000",
            web_page="https://example.dk/hjaelp",
        )

    def corrected_incident(self, name: str, *, after: int = 0) -> IncidentCorrected:
        at = self.at + timedelta(seconds=after)
        return IncidentCorrected(**self.opened().model_dump() | {"name": name, "corrected_at": at})

    def consents(self) -> tuple[ConsentFact, ...]:
        given, ends = self.at - timedelta(hours=1), self.at + timedelta(days=300)
        return tuple(
            [
                ConsentFact(
                    consent_id=ConsentId(new_id()),
                    purpose=purpose,
                    channels=by,
                    given_at=given,
                    expires_at=ends,
                    authorities=self.authorities,
                )
                for purpose, by in ((Purpose.REGISTRATION, ()), (Purpose.CONTACT, self.consented))
            ]
        )

    def _about(self) -> dict[str, object]:
        return {
            "incident_id": self.incident_id,
            "exercise": self.exercise,
            "registration_id": self.registration_id,
        }

    def registered(
        self, key: DataKey, contact: ContactDetails | None = None, bars: tuple[BarReason, ...] = ()
    ) -> PersonRegistered:
        return PersonRegistered(
            incident_id=self.incident_id,
            exercise=self.exercise,
            registration_id=self.registration_id,
            role=Role.WITNESS,
            place=RegistrationPlace.EPC,
            registered_at=self.at,
            language="da",
            age_band=AgeBand.ADULT,
            channels=self.consented,
            consents=self.consents(),
            contact=key.seal(CONTACT, contact or ContactDetails("Anna Øst", self.phone, EMAIL)),
            bars=bars,
        )

    def corrected(
        self, key: DataKey, contact: ContactDetails, *, changed: tuple[str, ...] = ("phone",), after: int = 1
    ) -> PersonCorrected:
        return PersonCorrected(
            **self._about(),
            role=Role.WITNESS,
            language="da",
            age_band=AgeBand.ADULT,
            channels=self.consented,
            contact=key.seal(CONTACT, contact),
            changed=changed,
            corrected_at=self.at + timedelta(seconds=after),
        )

    def barred(self, reason: BarReason = BarReason.DO_NOT_CONTACT, *, after: int = 1) -> ContactBarred:
        return ContactBarred(**self._about(), reason=reason, barred_at=self.at + timedelta(seconds=after))

    def bar_lifted(self, reason: BarReason = BarReason.DO_NOT_CONTACT, *, after: int) -> ContactBarLifted:
        return ContactBarLifted(**self._about(), reason=reason, lifted_at=self.at + timedelta(seconds=after))

    def merged(self, into: "Story", *, after: int = 1) -> PersonMerged:
        at = self.at + timedelta(seconds=after)
        return PersonMerged(**self._about(), into=into.registration_id, merged_at=at)

    def unmerged(self, out_of: "Story", *, after: int) -> PersonUnmerged:
        at = self.at + timedelta(seconds=after)
        return PersonUnmerged(**self._about(), out_of=out_of.registration_id, unmerged_at=at)

    def restated(self, consents: tuple[ConsentFact, ...], *, after: int = 1) -> ConsentsRestated:
        at = self.at + timedelta(seconds=after)
        return ConsentsRestated(**self._about(), consents=consents, restated_at=at)

    def requested(self, key: DataKey, *, not_after: timedelta = timedelta(days=14)) -> ContactRequested:
        return ContactRequested(
            incident_id=self.incident_id,
            exercise=self.exercise,
            registration_id=self.registration_id,
            contact_id=self.contact_id,
            wave_id=self.wave_id,
            municipality=AuthorityId("0101"),
            authority=self.acting,
            covered_by=self.covered_by,
            template="information",
            channels=self.channels,
            language="da",
            requested_at=self.at,
            not_after=self.at + not_after,
            recipient=key.seal(RECIPIENT, self.recipient),
        )

    def withdrawn(self) -> ConsentWithdrawn:
        return ConsentWithdrawn(
            incident_id=self.incident_id,
            exercise=self.exercise,
            registration_id=self.registration_id,
            purpose=Purpose.CONTACT,
            withdrawn_at=self.at + timedelta(seconds=1),
        )


@dataclass
class Scripted:
    """A scripted provider in this process. It records its calls."""

    channel: Channel = Channel.SMS
    answers: Sequence[Outcome] = ()
    enquiries: Sequence[Enquiry] = ()
    real: bool = False
    promises_idempotency: bool = False
    enquiry_after: timedelta | None = None
    name: str = "scripted"
    sent: list[OutgoingMessage] = field(default_factory=list)
    asked: list[UUID] = field(default_factory=list)

    def compose(self, message: OutgoingMessage) -> Composed | Rejected:
        return Composed(message, b"")

    async def send(self, composed: Composed) -> Outcome:
        await asyncio.sleep(0)
        self.sent.append(composed.message)
        at = len(self.sent) - 1
        return self.answers[at] if at < len(self.answers) else Accepted(f"id-{at}")

    async def enquire(self, idempotency_key: UUID) -> Enquiry:
        self.asked.append(idempotency_key)
        at = len(self.asked) - 1
        return self.enquiries[at] if at < len(self.enquiries) else EnquiryFailed(Fault.UNREADABLE)

    async def close(self) -> None:
        pass


def message(
    *,
    channel: Channel = Channel.DIGITAL_POST,
    exercise: bool = False,
    subject: str = "Information til dig",
    body: str = "# Reaktioner er normale\nDet er almindeligt.\n\n- tal med nogen\n- giv det tid\n",
) -> OutgoingMessage:
    return OutgoingMessage(
        attempt_id=AttemptId(new_id()),
        idempotency_key=uuid4(),
        incident_id=IncidentId(new_id()),
        channel=channel,
        exercise=exercise,
        created_at=datetime(2026, 11, 25, 6, 30, 15, 123456, tzinfo=UTC),
        language="da",
        addressee=MessageAddressee(
            "Anna Øst", cpr=CPR, phone=PhoneNumber(PHONE), email=EmailAddress(EMAIL, EMAIL)
        ),
        subject=subject,
        body=body,
    )
