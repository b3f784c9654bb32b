"""What is said about a person to be registered, checked: a person fit to register, or every flaw at once."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Final
from zoneinfo import ZoneInfo

from contracts import identity
from contracts.identity import IdentitySystem
from contracts.personal import Address, Contact, Identifier, Identity, Note
from contracts.vocabulary import AgeBand, Channel, Presence, RegistrationPlace, Role
from services.registration.domain import consent, phone
from services.registration.domain.consent import CLOCK_SKEW, LANGUAGE, NewConsent, SaidConsent
from services.registration.domain.text import NAME_LIMIT, NOTE_LIMIT, Flaw, unfit

LOCAL: Final = ZoneInfo("Europe/Copenhagen")
MAJORITY: Final = 18  # years
_EMAIL = re.compile(r"[^\s@,;<>\"]{1,64}@[^\s@,;<>\"]+\.[^\s@,;<>\".]{2,}")
_EMAIL_LIMIT: Final = 254
_COUNTRY = re.compile(r"[A-Z]{2}")
_MUNICIPALITY = re.compile(r"\d{4}", re.ASCII)
_STAYS_OPEN: Final = frozenset({RegistrationPlace.HOTLINE, RegistrationPlace.PAPER})

REASONS: Final = {
    identity.Flaw.LENGTH: "must have 10 characters, with or without a hyphen",
    identity.Flaw.FORM: "does not have the form of this identity system",
    identity.Flaw.DATE: "does not begin with a date that exists",
    identity.Flaw.NOT_BORN: "begins with a date in the future",
    identity.Flaw.SCOPE: "also needs the region (D-eCPR) or the country (passport) that issued it",
    identity.Flaw.SYSTEM: "is a number of another identity system",
}
_SCOPED: Final = frozenset({IdentitySystem.D_ECPR, IdentitySystem.PASSPORT})
CLOSED: Final = "is closed at this incident: only the hotline and paper forms still register"
MISTYPED: Final = "does not fit modulus 11, as some valid numbers do not: compare it once more"


@dataclass(frozen=True, slots=True)
class SaidIdentifier:
    """`system` None: to be recognised from the number."""

    system: IdentitySystem | None
    value: str = field(repr=False)
    scope: str | None = None


@dataclass(frozen=True, slots=True)
class Said:
    """What was said or written about a person, unchecked."""

    name: str = field(repr=False)
    role: Role
    place: RegistrationPlace
    registered_at: datetime
    registered_by: str
    presence: Presence = Presence.STATED
    language: str = "da"
    interpreter: bool = False
    identifiers: tuple[SaidIdentifier, ...] = field(default=(), repr=False)
    birth_date: date | None = field(default=None, repr=False)
    age_band: AgeBand | None = None  # where the birth date is not known
    phone: str | None = field(default=None, repr=False)
    email: str | None = field(default=None, repr=False)
    addresses: tuple[Address, ...] = ()
    note: str | None = field(default=None, repr=False)
    consents: tuple[SaidConsent, ...] = ()


@dataclass(frozen=True, slots=True)
class NewPerson:
    role: Role
    place: RegistrationPlace
    registered_at: datetime
    registered_by: str
    presence: Presence
    language: str
    interpreter: bool
    age_band: AgeBand
    channels: tuple[Channel, ...]
    identity: Identity | None
    contact: Contact
    note: Note | None
    consents: tuple[NewConsent, ...]
    hints: tuple[Flaw, ...] = ()  # to be looked at once more; no hindrance


_Scoped = tuple[identity.Number, str | None]  # the number, and the region or country that issued it


def admits(place: RegistrationPlace, *, closed: bool) -> bool:
    """Tell if a place may register: closing stops all but the late ways in, hotline and paper."""
    return not closed or place in _STAYS_OPEN


def check(said: Said, now: datetime) -> NewPerson | list[Flaw]:
    flaws: list[Flaw] = [*_texts(said), *_addresses(said.addresses)]
    if said.registered_at > now + CLOCK_SKEW:
        flaws.append(Flaw("registered_at", "lies in the future"))
    on = said.registered_at.astimezone(LOCAL).date()
    hints: list[Flaw] = []
    numbers = _identifiers(said, on, flaws, hints)
    born = _birth_date(said, numbers, on, flaws)
    telephone = _phone(said.phone, flaws)
    if said.email and (len(said.email) > _EMAIL_LIMIT or not _EMAIL.fullmatch(said.email.strip())):
        flaws.append(Flaw("email", "is not an e-mail address"))
    consents = _consents(said, born, now, flaws)
    if flaws:
        return flaws
    email = (said.email or "").strip() or None
    contact = Contact(said.name.strip(), telephone, email, said.addresses, said.interpreter)
    found = _identity(numbers, born)
    return NewPerson(
        role=said.role,
        place=said.place,
        registered_at=min(said.registered_at, now),
        registered_by=said.registered_by,
        presence=said.presence,
        language=said.language,
        interpreter=said.interpreter,
        age_band=age_band(born, on) if born else said.age_band or AgeBand.UNKNOWN,
        channels=possible_channels(contact, found),
        identity=found,
        contact=contact,
        note=Note(said.note) if said.note else None,
        consents=tuple(consents),
        hints=tuple(hints),
    )


def age_band(born: date, on: date) -> AgeBand:
    years = identity.age(born, on)
    if years < identity.OWN_CONSENT_AGE:
        return AgeBand.UNDER_15
    return AgeBand.FROM_15 if years < MAJORITY else AgeBand.ADULT


def possible_channels(contact: Contact, who: Identity | None) -> tuple[Channel, ...]:
    """Give what the details allow. A child has Digital Post too: it goes to the custody holders."""
    numbered = who is not None and any(one.system == IdentitySystem.CPR for one in who.identifiers)
    possible = {
        Channel.CALL: contact.phone is not None,
        Channel.DIGITAL_POST: numbered,
        Channel.SMS: contact.phone is not None,
        Channel.EMAIL: contact.email is not None,
        Channel.LETTER: any(address.line and address.postcode for address in contact.addresses),
    }
    return tuple(channel for channel in Channel if possible[channel])


def read_date(text: str | None) -> date | None:
    """Read the birth date of a sealed identity."""
    return date.fromisoformat(text) if text else None


def is_child(born: date | None, stated: AgeBand | None, at: datetime) -> bool:
    if born is None:
        return stated is AgeBand.UNDER_15
    return identity.age(born, at.astimezone(LOCAL).date()) < identity.OWN_CONSENT_AGE


def _texts(said: Said) -> Iterator[Flaw]:
    if not said.name.strip():
        yield Flaw("name", "is missing")
    texts = (
        ("name", said.name, NAME_LIMIT),
        ("email", said.email, _EMAIL_LIMIT),
        ("note", said.note, NOTE_LIMIT),
        ("registered_by", said.registered_by, NAME_LIMIT),
    )
    for name, text, limit in texts:
        if text and (reason := unfit(text, limit)):
            yield Flaw(name, reason)
    if not LANGUAGE.fullmatch(said.language):
        yield Flaw("language", "write the language by two small letters (da, en)")


def _addresses(addresses: tuple[Address, ...]) -> Iterator[Flaw]:
    for number, address in enumerate(addresses):
        for name in ("line", "postcode", "city"):
            text = getattr(address, name)
            if text and (reason := unfit(text)):
                yield Flaw(f"addresses.{number}.{name}", reason)
        if not _COUNTRY.fullmatch(address.country):
            yield Flaw(f"addresses.{number}.country", "write the country by two capital letters (DK, SE)")
        if address.municipality and not _MUNICIPALITY.fullmatch(address.municipality):
            yield Flaw(f"addresses.{number}.municipality", "write the municipality by its four digits (0751)")


def _identifiers(said: Said, on: date, flaws: list[Flaw], hints: list[Flaw]) -> list[_Scoped]:
    numbers: list[_Scoped] = []
    for place, one in enumerate(said.identifiers):
        at = f"identifiers.{place}.value"
        number = _number(one, on)
        if isinstance(number, identity.Flaw):
            flaws.append(Flaw(at, REASONS[number]))
            continue
        if number.system is IdentitySystem.NONE:
            continue
        if number.system is IdentitySystem.CPR and identity.looks_mistyped(number.value):
            hints.append(Flaw(at, MISTYPED))
        numbers.append((number, one.scope if number.system in _SCOPED else None))
    return numbers


def _identity(numbers: list[_Scoped], born: date | None) -> Identity | None:
    if not numbers and born is None:
        return None
    identifiers = tuple(Identifier(number.system.value, number.value, scope) for number, scope in numbers)
    return Identity(identifiers, born.isoformat() if born else None)


def _number(one: SaidIdentifier, on: date) -> identity.Number | identity.Flaw:
    if one.system is not None:
        return identity.check(one.system, one.value, one.scope, on)
    number = identity.read(one.value, on)
    if isinstance(number, identity.Number) and number.system is IdentitySystem.D_ECPR:
        return identity.check(number.system, one.value, one.scope, on)
    return number


def _birth_date(said: Said, numbers: list[_Scoped], on: date, flaws: list[Flaw]) -> date | None:
    """Take the CPR number's date before the one said; those of replacement numbers may be guesses."""
    if said.birth_date is not None and said.birth_date > on:
        flaws.append(Flaw("birth_date", "lies in the future"))
    dates = {number.system: number.birth_date for number, _ in numbers if number.birth_date is not None}
    if (by_cpr := dates.get(IdentitySystem.CPR)) is not None:
        if said.birth_date not in {None, by_cpr}:
            flaws.append(Flaw("birth_date", "is not the one the CPR number begins with"))
        return by_cpr
    return said.birth_date or next(iter(dates.values()), None)


def _phone(text: str | None, flaws: list[Flaw]) -> str | None:
    if not text:
        return None
    number = phone.read(text)
    if isinstance(number, phone.PhoneFlaw):
        flaws.append(Flaw("phone", number.value))
        return None
    return number


def _consents(said: Said, born: date | None, now: datetime, flaws: list[Flaw]) -> list[NewConsent]:
    consents = []
    for place, one in enumerate(said.consents):
        child = is_child(born, said.age_band, one.at or now)
        checked = consent.check(one, child=child, now=now)
        if isinstance(checked, NewConsent):
            consents.append(checked)
        else:
            flaws.extend(replace(flaw, field=f"consents.{place}.{flaw.field}") for flaw in checked)
    return consents
