"""The events of registration: incidents, people, consents. Topic registration.v1."""

from typing import ClassVar, Final

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
    event_authorities: tuple[AuthorityId, ...] = ()  # all of them, if there are several


class IncidentCorrected(Event):
    """The complete current data of the incident. It replaces earlier data."""

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
    """One consent, with its documentation for the journal of the authority."""

    model_config = ConfigDict(frozen=True, extra="ignore", ser_json_bytes="base64", val_json_bytes="base64")

    consent_id: ConsentId
    purpose: Purpose
    channels: tuple[Channel, ...]  # empty for the purpose registration
    given_at: Moment
    expires_at: Moment  # at most one year after given_at (sundhedsloven § 44)
    authorities: tuple[AuthorityId, ...] = ()  # the authorities covered; empty: the responsible ones
    wording: str | None = None  # version of the text that was read or shown; None in older events
    language: str | None = None  # of that text, ISO 639-1
    obtained: ObtainedBy | None = None
    form_number: str | None = None
    documentation: Sealed | None = None  # personal.ConsentDocumentation, as consent_documentation(consent_id)
    sealed_for: RegistrationId | None = None  # whose key opens it; None: the person of the event


class Restriction(BaseModel):
    """The last contact restriction of one reason. It holds while `lifted_at` is None."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    reason: BarReason
    since: Moment
    lifted_at: Moment | None = None


class RelationFact(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")

    registration_id: RegistrationId  # the other person, at the same incident
    word: Relation


class PersonState(BaseModel):
    """The state of a person after an event. contracts.rules.consent evaluates the consents."""

    model_config = ConfigDict(frozen=True, extra="ignore", ser_json_bytes="base64", val_json_bytes="base64")

    role: Role
    place: RegistrationPlace
    registered_at: Moment
    language: str  # ISO 639-1
    age_band: AgeBand
    channels: tuple[Channel, ...]  # the channels that the contact details permit
    preferred_channel: Channel | None = None
    identity: Sealed | None = None  # personal.Identity
    contact: Sealed | None = None  # personal.ContactDetails; None: the person was erased
    circumstances: Sealed | None = None  # personal.Circumstances
    consents: tuple[ConsentFact, ...] = ()  # given and not withdrawn since, oldest first; may have expired
    withdrawn: dict[Purpose, Moment] = {}  # the last withdrawal of each purpose, also before a new consent
    restrictions: tuple[Restriction, ...] = ()
    relations: tuple[RelationFact, ...] = ()
    merged_into: RegistrationId | None = None  # the registration that represents the person
    erased_at: Moment | None = None


class RegistrationEvent(PersonEvent):
    """A fact about a person, with the person's state after it.

    Consumers keep the state of the highest revision. Events of one change share state and revision.
    """

    topic: ClassVar[str] = TOPIC

    person: PersonState | None = None
    revision: int = 0  # rises with every change of the person; a time in microseconds, or one more


class PersonRegistered(RegistrationEvent):
    """Carries the consents given with the registration: they are part of the same fact."""

    role: Role
    place: RegistrationPlace
    registered_at: Moment
    language: str  # ISO 639-1
    age_band: AgeBand
    channels: tuple[Channel, ...]  # the channels that the contact details permit
    consents: tuple[ConsentFact, ...] = ()
    identity: Sealed | None = None  # personal.Identity
    contact: Sealed  # personal.ContactDetails
    circumstances: Sealed | None = None  # personal.Circumstances
    preferred_channel: Channel | None = None
    bars: tuple[BarReason, ...] = ()  # restrictions known at registration


class PersonCorrected(RegistrationEvent):
    """The complete current data of the person. It replaces earlier data, except consents."""

    role: Role
    language: str  # ISO 639-1
    age_band: AgeBand
    channels: tuple[Channel, ...]
    identity: Sealed | None = None  # personal.Identity
    contact: Sealed  # personal.ContactDetails
    circumstances: Sealed | None = None  # personal.Circumstances
    preferred_channel: Channel | None = None
    changed: tuple[str, ...]  # names of the changed fields, never their values
    corrected_at: Moment


class PersonMerged(RegistrationEvent):
    """This registration is the same person as another, which represents both from now on."""

    into: RegistrationId
    merged_at: Moment


class PersonUnmerged(RegistrationEvent):
    """The merge was undone: this registration is a separate person again."""

    out_of: RegistrationId
    unmerged_at: Moment


class ConsentsRestated(RegistrationEvent):
    """The complete consents in force. They replace all earlier ones (after a merge or its undoing).

    A purpose without a consent here has none.
    """

    consents: tuple[ConsentFact, ...]
    restated_at: Moment


class ContactBarred(RegistrationEvent):
    """Contact with the person is restricted, whatever the consents are, until the restriction is lifted."""

    reason: BarReason
    barred_at: Moment


class ContactBarLifted(RegistrationEvent):
    reason: BarReason
    lifted_at: Moment


class ConsentGiven(RegistrationEvent):
    consent: ConsentFact


class ConsentWithdrawn(RegistrationEvent):
    """Every planned contact stops, whichever purpose is withdrawn."""

    purpose: Purpose
    withdrawn_at: Moment  # when the citizen withdrew, or from when that counts
    recorded_at: Moment | None = (
        None  # when the withdrawal was recorded; None in older facts: at the same time
    )
    withdrawn_on: Moment | None = None  # when the citizen withdrew, where it counts from a later time


class RelationsTold(RegistrationEvent):
    """The complete current relations of the person. They replace earlier ones."""

    relations: tuple[RelationFact, ...]
    told_at: Moment


class PersonForgotten(RegistrationEvent):
    """The person was erased: the key is deleted, and no sealed value can be opened."""

    forgotten_at: Moment


PERSON_EVENTS: Final[tuple[type[RegistrationEvent], ...]] = tuple(RegistrationEvent.__subclasses__())
"""Every fact about a person. A reader of states consumes all of them: each can carry a newer state."""
