"""From what was typed to what was said: the same checks as everywhere, told in the page's language."""

import re
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Final

from contracts.events.personal import Address
from contracts.events.vocabulary import (
    Channel,
    ObtainedBy,
    PreferredTime,
    Presence,
    Purpose,
    RegistrationPlace,
    Role,
)
from services.registration.documents.texts import wordings
from services.registration.domain.consent import SaidConsent
from services.registration.domain.identifiers import SaidIdentifier
from services.registration.domain.person import NewPerson, Said, check
from services.registration.domain.validation import FieldError
from services.registration.public.submission import Typed, read_date

BY: Final = "selvregistrering"  # who registered, and who took the consents
Errors = dict[str, str]  # where it stands on the page: which of labels' errors
_PLACES: Final = (
    (re.compile(r"identifiers\..*"), "cpr"),
    (re.compile(r"addresses\..*"), "address"),
    (re.compile(r"consents\.\d+\.(guardian|guardian_cpr)"), r"\1"),
    (re.compile(r"consents\.\d+\.channels"), "channels"),
    (re.compile(r"(name|birth_date|phone|email|circumstances|concerns)"), r"\1"),
)
_NEEDED: Final = {  # where it is missed on the page, and what a channel cannot do without
    Channel.CALL: ("phone", ("phone",)),
    Channel.SMS: ("phone", ("phone",)),
    Channel.EMAIL: ("email", ("email",)),
    Channel.DIGITAL_POST: ("cpr", ("cpr",)),
    Channel.LETTER: ("address", ("address", "postcode")),
}
_ROLES: Final = frozenset(Role)
_TIMES: Final = frozenset(PreferredTime)


def read(typed: Typed, language: str, now: datetime) -> NewPerson | Errors:
    """Check what was typed. `language`: of the page, and so of the wording that was shown."""
    errors: Errors = dict(_missing(typed))
    checked = check(_said(typed, language, now), now)
    if not isinstance(checked, NewPerson):
        errors = dict(_places(checked)) | errors
    elif not errors:
        return checked
    return errors


def _missing(typed: Typed) -> Iterator[tuple[str, str]]:
    """Give what this page demands beyond what every registration does."""
    if typed.text("role") not in _ROLES:
        yield "role", "role"
    if typed.text("birth_date") and read_date(typed.text("birth_date")) is None:
        yield "birth_date", "birth_date"
    if typed.text("wording") not in wordings():
        yield "registration", "other"
    elif not typed.ticked(Purpose.REGISTRATION):
        yield "registration", "registration"
    if typed.text("trap"):  # a machine; or a browser that fills in by itself, and then a person mends it
        yield "trap", "trap"
    if typed.ticked(Purpose.CONTACT):
        yield from _unreachable(typed)


def _unreachable(typed: Typed) -> Iterator[tuple[str, str]]:
    for channel in _channels(typed):
        place, details = _NEEDED[channel]
        if not all(typed.text(name) for name in details):
            yield place, f"{place}_needed"


def _places(flaws: Sequence[FieldError]) -> Iterator[tuple[str, str]]:
    for flaw in flaws:
        for pattern, place in _PLACES:
            if found := pattern.fullmatch(flaw.field):
                where = found.expand(place)
                yield where, where
                break
        else:
            yield "registration", "other"


def _said(typed: Typed, language: str, now: datetime) -> Said:
    role, time, number = typed.text("role"), typed.text("preferred_time"), typed.text("cpr")
    return Said(
        name=typed.text("name"),
        role=Role(role) if role in _ROLES else Role.OTHER,
        place=RegistrationPlace.SELF,
        registered_at=now,
        registered_by=BY,
        presence=Presence.STATED,
        language=typed.text("speaks") or language,
        interpreter=typed.ticked("interpreter"),
        identifiers=(SaidIdentifier(None, number),) if number else (),
        birth_date=read_date(typed.text("birth_date")),
        phone=typed.text("phone") or None,
        email=typed.text("email") or None,
        addresses=tuple(_addresses(typed)),
        preferred_time=PreferredTime(time) if time in _TIMES else None,
        circumstances=typed.text("circumstances") or None,
        concerns=typed.text("concerns") or None,
        consents=tuple(_consents(typed, language, now)),
    )


def _addresses(typed: Typed) -> Iterator[Address]:
    parts = {name: typed.text(name) or None for name in ("address", "postcode", "city")}
    if any(parts.values()):
        yield Address(parts["address"], parts["postcode"], parts["city"], None, typed.text("country") or "DK")


def _channels(typed: Typed) -> tuple[Channel, ...]:
    return tuple(channel for channel in Channel if channel in typed.all("channels"))


def _consents(typed: Typed, language: str, now: datetime) -> Iterator[SaidConsent]:
    for purpose in Purpose:
        if typed.ticked(purpose):
            yield SaidConsent(
                purpose,
                _channels(typed) if purpose is Purpose.CONTACT else (),
                wording=typed.text("wording"),
                language=language,
                how=ObtainedBy.DIGITAL,
                at=now,
                by=BY,
                guardian=typed.text("guardian") or None,
                guardian_cpr=typed.text("guardian_cpr") or None,
            )
