"""Request bodies and the validation of their form."""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Annotated, Any, TypeVar
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

from contracts.events.ids import AUTHORITY_CODE, AuthorityId, RegistrationId
from contracts.events.personal import Address
from contracts.events.vocabulary import (
    AgeBand,
    BarReason,
    Channel,
    IncidentKind,
    ObtainedBy,
    PreferredTime,
    Presence,
    Purpose,
    RegistrationPlace,
    Role,
)
from contracts.rules.identity import IdentitySystem
from contracts.rules.invisible_characters import visible, visible_name
from contracts.wire.error_codes import ErrorCode
from contracts.wire.errors import FieldError, InvalidValueError
from kit.http.timestamps import Day, Timestamp
from services.registration.domain.consent import ConsentInput, ToldBy, WithdrawnBy
from services.registration.domain.identifiers import IdentifierInput
from services.registration.domain.person import PersonInput
from services.registration.domain.relation import RelationInput, RelationWord
from services.registration.domain.timestamps import time_error
from services.registration.domain.validation import NAME_LIMIT, NOTE_LIMIT, text_error

Text = TypeVar("Text", bound=str)


def _fit(text: str) -> str:
    if (error := text_error("", text, NOTE_LIMIT)) is not None:
        raise InvalidValueError(error)
    return text


def _seen(text: Text) -> str:
    """Remove invisible characters, except the joiners of names. Codes lose those in their own validation."""
    return _fit(visible_name(text))


def _named(text: Text) -> str:
    if not (name := _seen(text)):
        raise InvalidValueError(FieldError("", ErrorCode.MISSING))
    return name


def _timely(moment: datetime) -> datetime:
    if (error := time_error("", moment)) is not None:
        raise InvalidValueError(error)
    return moment


def _written(pattern: str, code: ErrorCode) -> Callable[[Text], Text]:
    """Require a pattern. The error explains it in words, because users cannot read a pattern."""

    def check(text: Text) -> Text:
        if re.fullmatch(pattern, text) is None:
            raise InvalidValueError(FieldError("", code))
        return text

    return check


Moment = Annotated[Timestamp, AfterValidator(_timely)]
Line = Annotated[str, StringConstraints(strip_whitespace=True, max_length=500), AfterValidator(_seen)]
Named = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=NAME_LIMIT), AfterValidator(_named)
]


Why = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=3, max_length=500), AfterValidator(_fit)
]
Authority = Annotated[
    AuthorityId,
    AfterValidator(visible),
    AfterValidator(_written(AUTHORITY_CODE, ErrorCode.AUTHORITY_FORM)),
]
Authorities = Annotated[tuple[Authority, ...], Field(max_length=20)]
Hotline = Annotated[
    str,
    AfterValidator(visible),
    AfterValidator(_written(r"\+?[0-9 ]{3,20}", ErrorCode.HOTLINE_FORM)),
]
WebPage = Annotated[
    str,
    AfterValidator(visible),
    AfterValidator(_written(r"https?://[^\s\x00]{1,500}", ErrorCode.WEB_ADDRESS_FORM)),
]


class Body(BaseModel):
    """A request body. Unknown fields are rejected: they may be misspelt."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class IncidentBody(Body):
    """A new incident. `event_authorities`: all of them if there are several; the first is always included."""

    name: Named
    kind: IncidentKind = IncidentKind.OTHER
    place: Named
    started_at: Moment
    event_authority: Authority
    event_authorities: Authorities = ()
    hotline: Hotline | None = None
    web_page: WebPage | None = None
    exercise: bool = False
    long_running: bool = False


class IncidentCorrectionBody(IncidentBody):
    """A correction. A missing field stays as it is; null clears it."""

    name: Named = ""
    place: Named = ""
    started_at: Moment = datetime.max.replace(tzinfo=UTC)
    event_authority: Authority = AuthorityId("")
    why: Why | None = None

    def changed(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in self.model_fields_set - {"why"}}


class IdentifierBody(Body):
    """An identifier. Without `system` it is derived from the number (CPR and its replacements)."""

    system: IdentitySystem | None = None
    value: Line = Field(repr=False)
    scope: Line | None = None


class AddressBody(Body):
    line: Line | None = Field(default=None, repr=False)
    postcode: Line | None = None
    city: Line | None = None
    municipality: Line | None = None
    country: Line = "DK"


class ConsentBody(Body):
    """A consent. domain/consent.py validates its documentation.

    `guardian_cpr`: the CPR number of the guardian, if known. Routing addresses that guardian first.
    """

    purpose: Purpose
    channels: Annotated[tuple[Channel, ...], Field(max_length=len(Channel))] = ()
    authorities: Annotated[tuple[Authority, ...], Field(max_length=10)] = ()
    wording: Line | None = None
    language: Line | None = None
    how: ObtainedBy | None = None
    at: Moment | None = None
    expires_at: Moment | None = None
    form_number: Line | None = None
    by: Line | None = None
    witness: Line | None = Field(default=None, repr=False)
    guardian: Line | None = Field(default=None, repr=False)
    guardian_cpr: Line | None = Field(default=None, repr=False)

    def to_input(self) -> ConsentInput:
        return ConsentInput(**dict(self))


class LaterConsentBody(ConsentBody):
    """A later consent. `guardians_agree`: both guardians agree, or the caller decides for them."""

    guardians_agree: bool = False

    def to_input(self) -> ConsentInput:
        return ConsentInput(**{name: value for name, value in self if name != "guardians_agree"})


class PersonFields(Body):
    """The fields of a person, at registration or in a correction."""

    name: str = Field(default="", repr=False)
    role: Role = Role.OTHER
    presence: Presence = Presence.STATED
    language: Line = "da"
    interpreter: bool = False
    identifiers: Annotated[tuple[IdentifierBody, ...], Field(max_length=10)] = ()
    birth_date: Day | None = Field(default=None, repr=False)
    age_band: AgeBand | None = None
    phone: Line | None = Field(default=None, repr=False)
    email: Line | None = Field(default=None, repr=False)
    addresses: Annotated[tuple[AddressBody, ...], Field(max_length=10)] = ()
    preferred_time: PreferredTime | None = None
    preferred_channel: Channel | None = None
    note: str | None = Field(default=None, repr=False)
    circumstances: str | None = Field(default=None, repr=False)
    concerns: str | None = Field(default=None, repr=False)

    def person(self) -> dict[str, Any]:
        """Return the given fields of domain.person.PersonInput, without defaults."""
        names = self.model_fields_set & PersonFields.model_fields.keys()
        said = {name: getattr(self, name) for name in names}
        if "identifiers" in said:
            said["identifiers"] = tuple(
                IdentifierInput(one.system, one.value, one.scope) for one in self.identifiers
            )
        if "addresses" in said:
            said["addresses"] = tuple(Address(**dict(one)) for one in self.addresses)
        return said


class LinkBody(Body):
    """A relation. `child`: this person is the child, `to` the guardian."""

    kind: RelationWord
    to: RegistrationId

    def to_input(self) -> RelationInput:
        return RelationInput(self.kind, self.to)


class RegistrationBody(PersonFields):
    name: str = Field(repr=False)
    role: Role
    place: RegistrationPlace
    registered_at: Moment | None = None
    registered_by: Line | None = None
    do_not_contact: bool = False
    links: Annotated[tuple[LinkBody, ...], Field(max_length=20)] = ()
    consents: Annotated[tuple[ConsentBody, ...], Field(max_length=10)] = ()

    def to_input(self, *, now: datetime, by: str) -> PersonInput:
        return PersonInput(
            **self.person(),
            place=self.place,
            registered_at=self.registered_at or now,
            registered_by=self.registered_by or by,
            do_not_contact=self.do_not_contact,
            consents=tuple(one.to_input() for one in self.consents),
        )

    def canonical(self) -> str:
        """Return the canonical form for comparing bodies. A new field with a default does not change it."""
        return self.model_dump_json(exclude_defaults=True, exclude={"id"})


class BatchItemBody(RegistrationBody):
    """A registration from a device, which makes the `id` once and gives the time of registration."""

    id: UUID
    registered_at: Moment


class BatchBody(Body):
    """A batch. Each item is parsed alone as a BatchItemBody, so a bad item does not reject the others."""

    registrations: Annotated[tuple[Any, ...], Field(min_length=1, max_length=1000)]


class CorrectionBody(PersonFields):
    """A correction. A missing field stays as it is; null clears it."""

    why: Why


class WithdrawalBody(Body):
    """A withdrawal. Without `at`: now. `teller`: the name of the reporter, if not the person."""

    purpose: Purpose
    how: WithdrawnBy
    at: Moment | None = None
    told_by: ToldBy = ToldBy.PERSON
    teller: Line | None = Field(default=None, repr=False)


class ForgetBody(Body):
    why: Why


class WhyBody(Body):
    why: Why


class PairBody(Body):
    """Two registrations that may be one person."""

    one: RegistrationId
    other: RegistrationId
    why: Why


class MaybeWhyBody(Body):
    why: Why | None = None


class ContactRestrictionBody(Body):
    reason: BarReason
    why: Why
