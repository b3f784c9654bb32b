"""What registration says: incidents, people, consents. Topic registration.v1."""

from datetime import datetime
from typing import ClassVar

from pydantic import BaseModel, ConfigDict

from contracts.event import Event, Moment, PersonEvent, Sealed
from contracts.ids import AuthorityId, ConsentId
from contracts.vocabulary import AgeBand, Channel, IncidentKind, Purpose, RegistrationPlace, Role

TOPIC = "registration.v1"


class IncidentOpened(Event):
    topic: ClassVar[str] = TOPIC

    name: str
    kind: IncidentKind
    place: str
    started_at: Moment
    event_authority: AuthorityId
    hotline: str | None = None
    web_page: str | None = None
    long_running: bool = False


class IncidentClosed(Event):
    topic: ClassVar[str] = TOPIC

    closed_at: Moment


class ConsentFact(BaseModel):
    """One consent as the readers need it. Its documentation (who, wording, witness) stays in registration."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    consent_id: ConsentId
    purpose: Purpose
    channels: tuple[Channel, ...]  # empty for the purpose registration
    given_at: Moment
    expires_at: Moment  # at most one year after given_at (sundhedsloven § 44)

    def covers(self, channel: Channel, at: datetime) -> bool:
        return channel in self.channels and at < self.expires_at


class PersonRegistered(PersonEvent):
    """Carries the consents given with the registration: they are part of the same fact."""

    topic: ClassVar[str] = TOPIC

    role: Role
    place: RegistrationPlace
    registered_at: Moment
    language: str  # ISO 639-1
    age_band: AgeBand
    channels: tuple[Channel, ...]  # what the contact details given make possible
    consents: tuple[ConsentFact, ...] = ()
    identity: Sealed | None = None  # personal.Identity
    contact: Sealed  # personal.Contact


class ConsentGiven(PersonEvent):
    topic: ClassVar[str] = TOPIC

    consent: ConsentFact


class ConsentWithdrawn(PersonEvent):
    """Every planned contact stops, whichever purpose is withdrawn: no registration, no contact."""

    topic: ClassVar[str] = TOPIC

    purpose: Purpose
    withdrawn_at: Moment


class PersonForgotten(PersonEvent):
    """The person's key is deleted: nothing sealed opens any more, anywhere."""

    topic: ClassVar[str] = TOPIC

    forgotten_at: Moment
