"""What a caller may send, and what may be wrong with it before anybody has looked at its meaning."""

from datetime import date, datetime
from typing import Annotated

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints

from contracts.identity import IdentitySystem
from contracts.ids import AuthorityId
from contracts.personal import Address
from contracts.vocabulary import (
    AgeBand,
    Channel,
    IncidentKind,
    ObtainedBy,
    Presence,
    Purpose,
    RegistrationPlace,
    Role,
)
from services.registration.domain.consent import SaidConsent, WithdrawnBy
from services.registration.domain.identifiers import SaidIdentifier
from services.registration.domain.moment import untimely
from services.registration.domain.person import Said
from services.registration.domain.text import NAME_LIMIT, NOTE_LIMIT, unfit


def _fit(text: str) -> str:
    if (reason := unfit(text, NOTE_LIMIT)) is not None:
        raise ValueError(reason)
    return text


def _timely(moment: datetime) -> datetime:
    if (reason := untimely(moment)) is not None:
        raise ValueError(reason)
    return moment


Moment = Annotated[AwareDatetime, AfterValidator(_timely)]
Line = Annotated[str, StringConstraints(strip_whitespace=True, max_length=500), AfterValidator(_fit)]
Named = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=NAME_LIMIT), AfterValidator(_fit)
]


class Body(BaseModel):
    """A field nobody knows is refused: it may be a misspelt one."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class IncidentBody(Body):
    name: Named
    kind: IncidentKind = IncidentKind.OTHER
    place: Named
    started_at: Moment
    event_authority: Annotated[AuthorityId, Field(pattern=r"^[A-Za-z0-9_-]{1,40}$")]
    hotline: Annotated[str, Field(pattern=r"^\+?[0-9 ]{3,20}$")] | None = None
    web_page: Annotated[str, Field(pattern=r"^https?://[^\s\x00]{1,500}$")] | None = None
    exercise: bool = False
    long_running: bool = False


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
    """The documentation is demanded by domain/consent.py, which says why."""

    purpose: Purpose
    channels: Annotated[tuple[Channel, ...], Field(max_length=len(Channel))] = ()
    wording: Line | None = None
    language: Line | None = None
    how: ObtainedBy | None = None
    at: Moment | None = None
    expires_at: Moment | None = None
    form_number: Line | None = None
    by: Line | None = None
    witness: Line | None = Field(default=None, repr=False)
    guardian: Line | None = Field(default=None, repr=False)

    def said(self) -> SaidConsent:
        return SaidConsent(**dict(self))


class RegistrationBody(Body):
    name: str = Field(repr=False)
    role: Role
    place: RegistrationPlace
    registered_at: Moment | None = None
    registered_by: Line | None = None
    presence: Presence = Presence.STATED
    language: Line = "da"
    interpreter: bool = False
    identifiers: Annotated[tuple[IdentifierBody, ...], Field(max_length=10)] = ()
    birth_date: date | None = Field(default=None, repr=False)
    age_band: AgeBand | None = None
    phone: Line | None = Field(default=None, repr=False)
    email: Line | None = Field(default=None, repr=False)
    addresses: Annotated[tuple[AddressBody, ...], Field(max_length=10)] = ()
    note: str | None = Field(default=None, repr=False)
    consents: Annotated[tuple[ConsentBody, ...], Field(max_length=10)] = ()

    def said(self, *, now: datetime, by: str) -> Said:
        plain = {name: value for name, value in self if name not in {"identifiers", "addresses", "consents"}}
        return Said(
            **{
                **plain,
                "registered_at": self.registered_at or now,
                "registered_by": self.registered_by or by,
            },
            identifiers=tuple(SaidIdentifier(one.system, one.value, one.scope) for one in self.identifiers),
            addresses=tuple(Address(**dict(one)) for one in self.addresses),
            consents=tuple(one.said() for one in self.consents),
        )


class WithdrawalBody(Body):
    """`at` left out: now."""

    purpose: Purpose
    how: WithdrawnBy
    at: Moment | None = None


class ForgetBody(Body):
    why: Annotated[Named, Field(min_length=3)]
