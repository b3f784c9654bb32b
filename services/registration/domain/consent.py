"""The two consents as an append-only ledger. The current state is a fold that does not depend on the order.

Sources: sundhedsloven § 44 (at most one year); domain.md, What must be true, 1.
"""

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from typing import Final

from contracts.events.ids import AuthorityId, ConsentId, RegistrationId
from contracts.events.personal import ConsentDocumentation, consent_documentation
from contracts.events.vocabulary import Channel, ObtainedBy, Purpose
from contracts.rules import identity
from contracts.rules.identity import OWN_CONSENT_AGE, IdentitySystem
from contracts.rules.invisible_characters import visible, visible_name
from contracts.wire.error_codes import ErrorCode
from contracts.wire.errors import FieldError
from contracts.wire.sealed import Personal, Sealed
from services.registration.domain.identifiers import holds_a_number
from services.registration.domain.validation import text_error

CLOCK_SKEW: Final = timedelta(minutes=5)  # a tablet at the scene may be ahead of us
LANGUAGE = re.compile(r"[a-z]{2}")
_TERM_LIMIT: Final = 100  # characters of a wording version or form number


class WithdrawnBy(StrEnum):
    """How a withdrawal was received. Every way counts."""

    HOTLINE = "hotline"
    CALL = "call"
    IN_PERSON = "in_person"
    DIGITAL_POST = "digital_post"
    EMAIL = "email"
    SMS = "sms"
    LETTER = "letter"
    PAPER_FORM = "paper_form"
    DIGITAL = "digital"
    OTHER = "other"


class ToldBy(StrEnum):
    """Who reported a withdrawal. A report from anyone is accepted, and the withdrawal stays valid."""

    PERSON = "person"
    GUARDIAN = "guardian"
    ON_BEHALF = "on_behalf"  # a relative, an authority, a lawyer


class Teller(Personal, frozen=True):
    """The name of the person who reported a withdrawal. It is stored sealed."""

    name: str


Documentation = ConsentDocumentation
documentation_of = consent_documentation


@dataclass(frozen=True, slots=True)
class ConsentDetails:
    """The scope of a consent and its documentation."""

    purpose: Purpose
    channels: tuple[Channel, ...]  # empty for the purpose registration
    at: datetime
    expires_at: datetime
    wording: str  # version of the text read or shown
    language: str  # ISO 639-1
    obtained: ObtainedBy
    form_number: str | None = None
    authorities: tuple[AuthorityId, ...] = ()  # empty: any responsible authority


@dataclass(frozen=True, slots=True)
class Given:
    consent_id: ConsentId
    terms: ConsentDetails
    documentation: Sealed | None = field(default=None, compare=False, repr=False)
    sealed_for: RegistrationId | None = field(
        default=None, compare=False
    )  # the registration whose key opens it
    dated_by_receipt: bool = False  # the device's clock was wrong, so the true time is unknown


@dataclass(frozen=True, slots=True)
class Withdrawn:
    """`at`: when it takes effect. `on`: when the citizen said so, if that is another time."""

    purpose: Purpose
    at: datetime
    how: WithdrawnBy
    on: datetime | None = None

    @property
    def said_at(self) -> datetime:
        return self.on or self.at

    def is_said_as(self, other: "Withdrawn") -> bool:
        return (self.purpose, self.said_at, self.how) == (other.purpose, other.said_at, other.how)


Entry = Given | Withdrawn


@dataclass(frozen=True, slots=True)
class Consents:
    """The current state of a ledger."""

    standing: tuple[Given, ...] = ()  # given and not withdrawn since, oldest first; may have expired
    ended: dict[Purpose, datetime] = field(default_factory=dict)  # the last withdrawal of each purpose

    def until(self, purpose: Purpose) -> datetime | None:
        ends = [given.terms.expires_at for given in self.standing if given.terms.purpose is purpose]
        return max(ends) if ends else None

    @property
    def withdrawn(self) -> bool:
        """Whether any purpose was withdrawn and not consented to again."""
        return any(self.refused(purpose) for purpose in self.ended)

    def stands(self, given: Given) -> bool:
        """Return whether a consent is still valid. At the same time the withdrawal wins.

        A consent dated by its receipt may be older than the withdrawal, so the withdrawal ends it.
        """
        ended = self.ended.get(given.terms.purpose)
        return ended is None or (given.terms.at > ended and not given.dated_by_receipt)

    def holds(self, consent_id: ConsentId) -> bool:
        return any(given.consent_id == consent_id for given in self.standing)

    def refused(self, purpose: Purpose) -> bool:
        """Return whether a purpose was withdrawn and not consented to again.

        Not every later consent undoes a withdrawal. Anyone who knows an ID number can send one from the
        public page, and one guardian does not overrule the other.
        """
        return purpose in self.ended and self.until(purpose) is None

    def last_given(self, purpose: Purpose) -> datetime | None:
        return max((one.terms.at for one in self.standing if one.terms.purpose is purpose), default=None)


def fold(ledger: Collection[Entry]) -> Consents:
    ended: dict[Purpose, datetime] = {}
    for entry in ledger:
        if isinstance(entry, Withdrawn):
            ended[entry.purpose] = max(entry.at, ended.get(entry.purpose, entry.at))
    consents = Consents((), ended)
    standing = [entry for entry in ledger if isinstance(entry, Given) and consents.stands(entry)]
    if len(standing) > 1:
        once = {given.consent_id: given for given in standing}
        standing = sorted(once.values(), key=lambda given: (given.terms.at, given.consent_id))
    return Consents(tuple(standing), ended)


class ConsentStatus(StrEnum):
    """The consent status of a registered person. Each person has exactly one."""

    WITH_CONTACT_CONSENT = "with_contact_consent"
    WITHOUT_CONTACT_CONSENT = "without_contact_consent"
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"
    FORGOTTEN = "forgotten"


@dataclass(frozen=True, slots=True)
class ConsentFacts:
    """The facts that decide a person's status. None: no valid consent. False: the consent has expired."""

    forgotten: bool
    withdrawn: bool
    registration: bool | None
    contact: bool | None


def consent_status(holding: ConsentFacts) -> ConsentStatus:
    if holding.forgotten:
        return ConsentStatus.FORGOTTEN
    if holding.withdrawn:
        return ConsentStatus.WITHDRAWN
    if holding.registration is None or holding.contact is None:
        return ConsentStatus.WITHOUT_CONTACT_CONSENT
    valid = holding.registration and holding.contact
    return ConsentStatus.WITH_CONTACT_CONSENT if valid else ConsentStatus.EXPIRED


@dataclass(frozen=True, slots=True)
class ConsentInput:
    """A consent as it was entered, before validation."""

    purpose: Purpose
    channels: tuple[Channel, ...] = ()
    wording: str | None = None
    language: str | None = None
    how: ObtainedBy | None = None
    at: datetime | None = None
    expires_at: datetime | None = None
    form_number: str | None = None
    by: str | None = field(default=None, repr=False)
    witness: str | None = field(default=None, repr=False)
    guardian: str | None = field(default=None, repr=False)
    guardian_cpr: str | None = field(default=None, repr=False)
    authorities: tuple[AuthorityId, ...] = ()
    device_at: datetime | None = (
        None  # the time of a device with a wrong clock; then `at` is the time of receipt
    )


@dataclass(frozen=True, slots=True)
class NewConsent:
    terms: ConsentDetails
    documentation: Documentation
    device_at: datetime | None = None


def without_invisible(said: ConsentInput) -> ConsentInput:
    """Remove invisible characters from codes and names. A cell with only such characters is empty."""
    return replace(
        said,
        wording=visible(said.wording or "") or None,
        language=visible(said.language or "") or None,
        form_number=visible(said.form_number or "") or None,
        by=visible_name(said.by or "") or None,
        witness=visible_name(said.witness or "") or None,
        guardian=visible_name(said.guardian or "") or None,
        guardian_cpr=visible(said.guardian_cpr or "") or None,
    )


def check(said: ConsentInput, *, child: bool, now: datetime) -> NewConsent | list[FieldError]:
    """Validate a consent. `child`: under 15 when it was given. Error fields are relative to the consent."""
    flaws = [
        *_missing(said, child=child),
        *_unfit(said, now),
        *_unfit_guardian(said, now.date()),
        *_misdated(said, now),
    ]
    if flaws or said.at is None or said.how is None:
        return flaws
    at = min(said.at, now).astimezone(UTC)
    terms = ConsentDetails(
        said.purpose,
        tuple(channel for channel in Channel if channel in said.channels),
        at,
        said.expires_at or a_year_after(at),
        said.wording or "",
        said.language or "",
        said.how,
        said.form_number or None,
        tuple(sorted(set(said.authorities))),
    )
    documentation = Documentation(
        said.by or "",
        said.witness or None,
        said.guardian or None,
        identity.compact(said.guardian_cpr or "") or None,
    )
    return NewConsent(terms, documentation, said.device_at)


def a_year_after(moment: datetime) -> datetime:
    if (moment.month, moment.day) == (2, 29):
        return moment.replace(year=moment.year + 1, day=28)
    return moment.replace(year=moment.year + 1)


def _missing(said: ConsentInput, *, child: bool) -> Iterator[FieldError]:
    demands = (
        ("wording", said.wording, True, ErrorCode.WORDING_MISSING),
        ("language", said.language, True, ErrorCode.CONSENT_LANGUAGE_MISSING),
        ("by", said.by, True, ErrorCode.OBTAINED_BY_MISSING),
        ("at", said.at, True, ErrorCode.GIVEN_AT_MISSING),
        ("witness", said.witness, said.how is ObtainedBy.ORAL_WITNESSED, ErrorCode.WITNESS_MISSING),
        ("form_number", said.form_number, said.how is ObtainedBy.PAPER_FORM, ErrorCode.FORM_NUMBER_MISSING),
        ("channels", said.channels, said.purpose is Purpose.CONTACT, ErrorCode.CHANNELS_MISSING),
        ("guardian", said.guardian, child, ErrorCode.GUARDIAN_MISSING),
        ("guardian", said.guardian, bool(said.guardian_cpr) and not child, ErrorCode.GUARDIAN_UNNAMED),
    )
    if not said.how:
        yield FieldError("how", ErrorCode.OBTAINED_HOW_MISSING, values=tuple(ObtainedBy))
    yield from (FieldError(name, code) for name, value, needed, code in demands if needed and not value)


def _unfit(said: ConsentInput, now: datetime) -> Iterator[FieldError]:
    for name, text in (("by", said.by), ("witness", said.witness), ("guardian", said.guardian)):
        if text and (error := text_error(name, text)):
            yield error
    for name, text in (("wording", said.wording), ("form_number", said.form_number)):
        if text and (error := text_error(name, text, _TERM_LIMIT)):
            yield error
        elif text and holds_a_number(text, now.date()):
            yield FieldError(name, ErrorCode.HOLDS_PERSON_NUMBER)
    if said.language and not LANGUAGE.fullmatch(said.language):
        yield FieldError("language", ErrorCode.LANGUAGE_FORM)
    if said.channels and said.purpose is Purpose.REGISTRATION:
        yield FieldError("channels", ErrorCode.CHANNELS_NOT_HERE)


def _unfit_guardian(said: ConsentInput, on: date) -> Iterator[FieldError]:
    """Refuse a number that no custody holder in the CPR register can have."""
    number = identity.parse(said.guardian_cpr, on) if said.guardian_cpr else None
    if isinstance(number, identity.IdentifierError):
        yield FieldError("guardian_cpr", number.value)
    elif number and number.system is not IdentitySystem.CPR:
        yield FieldError("guardian_cpr", ErrorCode.ID_SYSTEM)
    elif number and number.birth_date and identity.age(number.birth_date, on) < OWN_CONSENT_AGE:
        yield FieldError("guardian_cpr", ErrorCode.GUARDIAN_TOO_YOUNG)


def _misdated(said: ConsentInput, now: datetime) -> Iterator[FieldError]:
    if said.at is None:
        return
    if said.at > now + CLOCK_SKEW:
        yield FieldError("at", ErrorCode.IN_FUTURE)
    longest = a_year_after(min(said.at, now).astimezone(UTC))
    expires_at = said.expires_at or longest
    if expires_at > longest:
        yield FieldError("expires_at", ErrorCode.TERM_TOO_LONG)
    elif expires_at <= said.at:
        yield FieldError("expires_at", ErrorCode.EXPIRES_BEFORE_CONSENT)
    elif expires_at <= now:
        yield FieldError("at" if said.expires_at is None else "expires_at", ErrorCode.CONSENT_EXPIRED)
