"""Validate the data of a person to be registered. The result is a new person, or all field errors at once."""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Final

from msgspec import structs

from contracts.events.personal import Address, Circumstances, ContactDetails, Identity, Note
from contracts.events.vocabulary import (
    AgeBand,
    BarReason,
    Channel,
    PreferredTime,
    Presence,
    Purpose,
    RegistrationPlace,
    Role,
)
from contracts.rules.identity import looks_mistyped
from contracts.rules.invisible_characters import visible, visible_name
from contracts.wire.error_codes import ErrorCode
from contracts.wire.errors import FieldError
from services.registration.domain import consent
from services.registration.domain.age import LOCAL, age_band, is_child
from services.registration.domain.consent import (
    CLOCK_SKEW,
    LANGUAGE,
    ConsentInput,
    NewConsent,
)
from services.registration.domain.contact_details import (
    possible_channels,
    read_email,
    read_phone,
    unfit_addresses,
    without_invisible,
)
from services.registration.domain.identifiers import IdentifierInput, holds_a_number, identify
from services.registration.domain.validation import NAME_LIMIT, NOTE_LIMIT, text_error

_STAYS_OPEN: Final = frozenset({RegistrationPlace.HOTLINE, RegistrationPlace.PAPER})


@dataclass(frozen=True, slots=True)
class PersonInput:
    """The data of a person as entered, before validation."""

    name: str = field(repr=False)
    role: Role
    place: RegistrationPlace
    registered_at: datetime
    registered_by: str
    presence: Presence = Presence.STATED
    language: str = "da"
    interpreter: bool = False
    identifiers: tuple[IdentifierInput, ...] = field(default=(), repr=False)
    birth_date: date | None = field(default=None, repr=False)
    age_band: AgeBand | None = None  # where the birth date is not known
    phone: str | None = field(default=None, repr=False)
    email: str | None = field(default=None, repr=False)
    addresses: tuple[Address, ...] = ()
    preferred_time: PreferredTime | None = None
    preferred_channel: Channel | None = None
    note: str | None = field(default=None, repr=False)
    circumstances: str | None = field(default=None, repr=False)
    concerns: str | None = field(default=None, repr=False)
    do_not_contact: bool = False
    consents: tuple[ConsentInput, ...] = ()
    device_at: datetime | None = None  # the time of a device with a wrong clock; registered_at: the receipt
    held: ContactDetails | None = (
        None  # the stored details; a number or address that stays is not checked again
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Particulars:
    """The stored data of a person that can be corrected."""

    role: Role
    presence: Presence
    language: str
    interpreter: bool
    age_band: AgeBand
    channels: tuple[Channel, ...]
    preferred_channel: Channel | None = None
    identity: Identity | None
    contact: ContactDetails
    note: Note | None
    circumstances: Circumstances | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NewPerson(Particulars):
    place: RegistrationPlace
    registered_at: datetime
    registered_by: str
    contact_restrictions: tuple[BarReason, ...] = ()
    consents: tuple[NewConsent, ...]
    device_at: datetime | None = None
    hints: tuple[FieldError, ...] = ()  # warnings that do not prevent the registration


def admits(place: RegistrationPlace, at: datetime, closed_at: datetime | None) -> bool:
    """Return whether a place may register. A closed incident accepts only the hotline and paper forms.

    `at`: the time of registration. Earlier registrations are accepted, however late they arrive.
    """
    return closed_at is None or at < closed_at or place in _STAYS_OPEN


def check(said: PersonInput, now: datetime) -> NewPerson | list[FieldError]:
    said = _without_invisible(said)
    flaws: list[FieldError] = [*_texts(said), *unfit_addresses(said.addresses)]
    if said.registered_at > now + CLOCK_SKEW:
        flaws.append(FieldError("registered_at", ErrorCode.IN_FUTURE))
    on = said.registered_at.astimezone(LOCAL).date()
    hints: list[FieldError] = []
    found = identify(said.identifiers, said.birth_date, on, flaws, hints)
    contact = _contact(said, flaws)
    consents = _consents(said, found.born, now, flaws)
    if flaws:
        return flaws
    contact = with_guardian(contact, consents)
    channels = possible_channels(contact, found.identity)
    aged = age_band(found.born, on) if found.born else None
    hints += [*_hints(said, channels, aged), *mistyped_guardians(consents)]
    return NewPerson(
        role=said.role,
        place=said.place,
        registered_at=min(said.registered_at, now),
        device_at=said.device_at,
        registered_by=said.registered_by,
        presence=said.presence,
        language=said.language,
        interpreter=said.interpreter,
        age_band=aged or said.age_band or AgeBand.UNKNOWN,
        channels=channels,
        preferred_channel=said.preferred_channel,
        identity=found.identity,
        contact=contact,
        note=Note(said.note) if said.note else None,
        circumstances=_circumstances(said),
        contact_restrictions=(BarReason.DO_NOT_CONTACT,) if said.do_not_contact else (),
        consents=tuple(consents),
        hints=tuple(hints),
    )


def _without_invisible(said: PersonInput) -> PersonInput:
    """Remove invisible characters. Names keep the joiners that are part of their spelling."""
    return replace(
        said,
        name=visible_name(said.name),
        registered_by=visible_name(said.registered_by),
        language=visible(said.language),
        addresses=tuple(without_invisible(one) for one in said.addresses),
        consents=tuple(consent.without_invisible(one) for one in said.consents),
    )


def _texts(said: PersonInput) -> Iterator[FieldError]:
    if not visible(said.name):
        yield FieldError("name", ErrorCode.MISSING)
    texts = (
        ("name", said.name, NAME_LIMIT),
        ("note", said.note, NOTE_LIMIT),
        ("circumstances", said.circumstances, NOTE_LIMIT),
        ("concerns", said.concerns, NOTE_LIMIT),
        ("registered_by", said.registered_by, NAME_LIMIT),
    )
    for name, text, limit in texts:
        if text and (error := text_error(name, text, limit)):
            yield error
    if holds_a_number(said.registered_by, said.registered_at.date()):
        yield FieldError("registered_by", ErrorCode.HOLDS_PERSON_NUMBER)
    if not LANGUAGE.fullmatch(said.language):
        yield FieldError("language", ErrorCode.LANGUAGE_FORM)


def _hints(said: PersonInput, channels: Collection[Channel], aged: AgeBand | None) -> Iterator[FieldError]:
    if said.preferred_channel and said.preferred_channel not in channels:
        yield FieldError("preferred_channel", ErrorCode.CHANNEL_NOT_POSSIBLE)
    if aged and said.age_band not in {aged, AgeBand.UNKNOWN, None}:
        yield FieldError("age_band", ErrorCode.AGE_BAND_NOT_BIRTH_DATE)


def mistyped_guardians(consents: Iterable[NewConsent], at: str = "consents.{}.") -> Iterator[FieldError]:
    """Return a hint for each guardian's number that fails modulus 11, once a number."""
    numbers = [one.documentation.guardian_cpr for one in consents]
    for place, cpr in enumerate(numbers):
        if cpr and looks_mistyped(cpr) and cpr not in numbers[:place]:
            yield FieldError(at.format(place) + "guardian_cpr", ErrorCode.ID_MISTYPED)


def with_guardian(contact: ContactDetails, consents: Iterable[NewConsent]) -> ContactDetails:
    """Name the guardian who consented to contact last, if one did: a call about a child is a call to them."""
    for one in sorted(consents, key=lambda one: one.terms.at):
        guardian, cpr = one.documentation.guardian, one.documentation.guardian_cpr
        if one.terms.purpose is Purpose.CONTACT and guardian:
            if guardian == contact.guardian:
                cpr = cpr or contact.guardian_cpr
            contact = structs.replace(contact, guardian=guardian, guardian_cpr=cpr)
    return contact


def _contact(said: PersonInput, flaws: list[FieldError]) -> ContactDetails:
    held = said.held or ContactDetails("")
    return ContactDetails(
        name=said.name,
        phone=held.phone if said.phone == held.phone else read_phone(said.phone, flaws),
        email=held.email if said.email == held.email else read_email(said.email, flaws),
        addresses=said.addresses,
        interpreter=said.interpreter,
        preferred_time=said.preferred_time.value if said.preferred_time else None,
        guardian=held.guardian,
        guardian_cpr=held.guardian_cpr,
    )


def _circumstances(said: PersonInput) -> Circumstances | None:
    if not said.circumstances and not said.concerns:
        return None
    return Circumstances(said.circumstances or None, said.concerns or None)


def _consents(
    said: PersonInput, born: date | None, now: datetime, flaws: list[FieldError]
) -> list[NewConsent]:
    """Validate the consents. Report a missing guardian only once per person."""
    consents = []
    for place, one in enumerate(said.consents):
        child = is_child(born, said.age_band, one.at or now)
        checked = consent.check(one, child=child, now=now)
        if isinstance(checked, NewConsent):
            consents.append(checked)
        else:
            once = {flaw.code for flaw in flaws} & {ErrorCode.GUARDIAN_MISSING}
            flaws += [flaw.at(f"consents.{place}.{flaw.field}") for flaw in checked if flaw.code not in once]
    return consents
