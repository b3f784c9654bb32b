"""What a caller may send, and what may be wrong with it before anybody has looked at its meaning."""

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
from kit.http.timestamps import Day, Timestamp
from services.registration.domain.consent import SaidConsent, ToldBy, WithdrawnBy
from services.registration.domain.identifiers import SaidIdentifier
from services.registration.domain.person import Said
from services.registration.domain.relation import LinkWord, SaidLink
from services.registration.domain.timestamps import untimely
from services.registration.domain.validation import NAME_LIMIT, NOTE_LIMIT, unfit

Text = TypeVar("Text", bound=str)


def _fit(text: str) -> str:
    if (reason := unfit(text, NOTE_LIMIT)) is not None:
        raise ValueError(reason)
    return text


def _seen(text: Text) -> str:
    """Remove what nobody sees; the joiners of names stay. Codes lose them where they are checked."""
    return _fit(visible_name(text))


def _named(text: Text) -> str:
    if not (name := _seen(text)):
        raise ValueError("is missing")
    return name


def _timely(moment: datetime) -> datetime:
    if (reason := untimely(moment)) is not None:
        raise ValueError(reason)
    return moment


def _written(pattern: str, reason: str) -> Callable[[Text], Text]:
    """Demand a form, and say in words which; a pattern says nothing to who has to write it."""

    def check(text: Text) -> Text:
        if re.fullmatch(pattern, text) is None:
            raise ValueError(reason)
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
    AfterValidator(_written(AUTHORITY_CODE, "write the authority's code, as 0751 or 1082")),
]
Authorities = Annotated[tuple[Authority, ...], Field(max_length=20)]
Hotline = Annotated[
    str,
    AfterValidator(visible),
    AfterValidator(_written(r"\+?[0-9 ]{3,20}", "write a telephone number: digits, spaces and + alone")),
]
WebPage = Annotated[
    str,
    AfterValidator(visible),
    AfterValidator(_written(r"https?://[^\s\x00]{1,500}", "write the whole address, with https://")),
]


class Body(BaseModel):
    """A field nobody knows is refused: it may be a misspelt one."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class IncidentBody(Body):
    """`event_authorities`: the others too, where there are several; the first is always among them."""

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
    """A field left out stays as it is; null empties it."""

    name: Named = ""
    place: Named = ""
    started_at: Moment = datetime.max.replace(tzinfo=UTC)
    event_authority: Authority = AuthorityId("")
    why: Why | None = None

    def changed(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in self.model_fields_set - {"why"}}


class IdentifierBody(Body):
    """`system` left out: recognised from the number (CPR and its replacements)."""

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
    """The documentation is demanded by domain/consent.py, which says why.

    `guardian_cpr`: the CPR number of the guardian, where it is known. Routing addresses them first.
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

    def said(self) -> SaidConsent:
        return SaidConsent(**dict(self))


class LaterConsentBody(ConsentBody):
    """`guardians_agree`: both guardians of a child were asked, or the caller decides for them."""

    guardians_agree: bool = False

    def said(self) -> SaidConsent:
        return SaidConsent(**{name: value for name, value in self if name != "guardians_agree"})


class PersonFields(Body):
    """What may be said of a person, at registration or later."""

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
        """Give the fields of domain.person.Said that were said here, and no defaults."""
        names = self.model_fields_set & PersonFields.model_fields.keys()
        said = {name: getattr(self, name) for name in names}
        if "identifiers" in said:
            said["identifiers"] = tuple(
                SaidIdentifier(one.system, one.value, one.scope) for one in self.identifiers
            )
        if "addresses" in said:
            said["addresses"] = tuple(Address(**dict(one)) for one in self.addresses)
        return said


class LinkBody(Body):
    """`child`: this person is the child, `to` the guardian."""

    kind: LinkWord
    to: RegistrationId

    def said(self) -> SaidLink:
        return SaidLink(self.kind, self.to)


class RegistrationBody(PersonFields):
    name: str = Field(repr=False)
    role: Role
    place: RegistrationPlace
    registered_at: Moment | None = None
    registered_by: Line | None = None
    do_not_contact: bool = False
    links: Annotated[tuple[LinkBody, ...], Field(max_length=20)] = ()
    consents: Annotated[tuple[ConsentBody, ...], Field(max_length=10)] = ()

    def said(self, *, now: datetime, by: str) -> Said:
        return Said(
            **self.person(),
            place=self.place,
            registered_at=self.registered_at or now,
            registered_by=self.registered_by or by,
            do_not_contact=self.do_not_contact,
            consents=tuple(one.said() for one in self.consents),
        )

    def canonical(self) -> str:
        """Give what makes two bodies the same: a field that is new here changes no body of before."""
        return self.model_dump_json(exclude_defaults=True, exclude={"id"})


class BatchItemBody(RegistrationBody):
    """`id`: made on the device, once. What was registered when is not left to the moment of sending."""

    id: UUID
    registered_at: Moment


class BatchBody(Body):
    """Each item is read by itself, as a BatchItemBody: a bad one keeps no other out."""

    registrations: Annotated[tuple[Any, ...], Field(min_length=1, max_length=1000)]


class CorrectionBody(PersonFields):
    """A field left out stays as it is; null empties it."""

    why: Why


class WithdrawalBody(Body):
    """`at` left out: now. `teller`: the name of the one who told it, where it is not the person."""

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
    """Two registrations that somebody takes for one person."""

    one: RegistrationId
    other: RegistrationId
    why: Why


class MaybeWhyBody(Body):
    why: Why | None = None


class ContactRestrictionBody(Body):
    reason: BarReason
    why: Why
