"""What registration says: incidents, people, consents. Topic registration.v1."""

from datetime import datetime
from typing import ClassVar

from pydantic import BaseModel, ConfigDict

from contracts.events.ids import AuthorityId, ConsentId, RegistrationId
from contracts.events.vocabulary import (
    AgeBand,
    BarReason,
    Channel,
    IncidentKind,
    ObtainedBy,
    Purpose,
    RegistrationPlace,
    Relation,
    Role,
)
from contracts.wire.event import Event, Moment, PersonEvent
from contracts.wire.sealed import Sealed

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
    event_authorities: tuple[AuthorityId, ...] = ()  # all of them, where there are several


class IncidentCorrected(Event):
    """What is right about the incident now: all of it, whatever was told before."""

    topic: ClassVar[str] = TOPIC

    name: str
    kind: IncidentKind
    place: str
    started_at: Moment
    event_authority: AuthorityId
    event_authorities: tuple[AuthorityId, ...] = ()
    hotline: str | None = None
    web_page: str | None = None
    long_running: bool = False
    corrected_at: Moment


class IncidentReopened(Event):
    topic: ClassVar[str] = TOPIC

    reopened_at: Moment


class IncidentClosed(Event):
    topic: ClassVar[str] = TOPIC

    closed_at: Moment


class ConsentFact(BaseModel):
    """One consent as the readers need it, with its documentation for the authority's own journal."""

    model_config = ConfigDict(frozen=True, extra="ignore", ser_json_bytes="base64", val_json_bytes="base64")

    consent_id: ConsentId
    purpose: Purpose
    channels: tuple[Channel, ...]  # empty for the purpose registration
    given_at: Moment
    expires_at: Moment  # at most one year after given_at (sundhedsloven § 44)
    authorities: tuple[AuthorityId, ...] = ()  # whom it covers; empty: whoever is responsible
    wording: str | None = None  # version of the text that was read or shown; None in older facts
    language: str | None = None  # of that text, ISO 639-1
    obtained: ObtainedBy | None = None
    form_number: str | None = None
    documentation: Sealed | None = None  # personal.ConsentDocumentation, as consent_documentation(consent_id)
    sealed_for: RegistrationId | None = None  # whose key opens it; None: the person the fact is about

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
    contact: Sealed  # personal.ContactDetails
    circumstances: Sealed | None = None  # personal.Circumstances
    preferred_channel: Channel | None = None
    bars: tuple[BarReason, ...] = ()  # known at registration already


class PersonCorrected(PersonEvent):
    """What is right about the person now: all of it, whatever was told before. Consents are not touched."""

    topic: ClassVar[str] = TOPIC

    role: Role
    language: str  # ISO 639-1
    age_band: AgeBand
    channels: tuple[Channel, ...]
    identity: Sealed | None = None  # personal.Identity
    contact: Sealed  # personal.ContactDetails
    circumstances: Sealed | None = None  # personal.Circumstances
    preferred_channel: Channel | None = None
    changed: tuple[str, ...]  # names of the fields that are other than before, never what stands in them
    corrected_at: Moment


class PersonMerged(PersonEvent):
    """This registration is the same person as another, which speaks for both from now on."""

    topic: ClassVar[str] = TOPIC

    into: RegistrationId
    merged_at: Moment


class PersonUnmerged(PersonEvent):
    """The merge was a mistake: this registration is a person of its own again."""

    topic: ClassVar[str] = TOPIC

    out_of: RegistrationId
    unmerged_at: Moment


class ConsentsRestated(PersonEvent):
    """The consents that stand now, whole, in place of all that were told before (a merge, or its undoing).

    A purpose without a consent here has none.
    """

    topic: ClassVar[str] = TOPIC

    consents: tuple[ConsentFact, ...]
    restated_at: Moment


class ContactBarred(PersonEvent):
    """Nobody may contact the person, whatever the consents say, until the bar is lifted."""

    topic: ClassVar[str] = TOPIC

    reason: BarReason
    barred_at: Moment


class ContactBarLifted(PersonEvent):
    topic: ClassVar[str] = TOPIC

    reason: BarReason
    lifted_at: Moment


class ConsentGiven(PersonEvent):
    topic: ClassVar[str] = TOPIC

    consent: ConsentFact


class ConsentWithdrawn(PersonEvent):
    """Every planned contact stops, whichever purpose is withdrawn: no registration, no contact."""

    topic: ClassVar[str] = TOPIC

    purpose: Purpose
    withdrawn_at: Moment  # when the citizen withdrew, or from when that counts
    recorded_at: Moment | None = (
        None  # when the withdrawal was recorded; None in older facts: at the same time
    )
    withdrawn_on: Moment | None = None  # when the citizen withdrew, where it counts from a later time


class RelationFact(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")

    registration_id: RegistrationId  # the other person, at the same incident
    word: Relation


class RelationsTold(PersonEvent):
    """Whom the person belongs to now: all of them, whatever was told before."""

    topic: ClassVar[str] = TOPIC

    relations: tuple[RelationFact, ...]
    told_at: Moment


class PersonForgotten(PersonEvent):
    """The person's key is deleted: nothing sealed opens any more, anywhere."""

    topic: ClassVar[str] = TOPIC

    forgotten_at: Moment
