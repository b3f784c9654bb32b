"""Parse the submitted form into a person, with the checks of every registration, or into error labels."""

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
from contracts.wire.errors import FieldError
from services.registration.documents.texts import wording_language, wordings
from services.registration.domain.consent import ConsentInput
from services.registration.domain.identifiers import IdentifierInput
from services.registration.domain.person import NewPerson, PersonInput, check
from services.registration.public.submission import SubmittedForm, parse_date

REGISTRAR: Final = "selvregistrering"  # registrar and recipient of the consents
FormErrors = dict[str, str]  # place on the page: key of the label
_PLACE_PATTERNS: Final = (
    (re.compile(r"identifiers\..*"), "cpr"),
    (re.compile(r"addresses\..*"), "address"),
    (re.compile(r"consents\.\d+\.(guardian|guardian_cpr)"), r"\1"),
    (re.compile(r"consents\.\d+\.channels"), "channels"),
    (re.compile(r"(name|birth_date|phone|email|circumstances|concerns)"), r"\1"),
)
_NEEDED_FOR_CHANNEL: Final = {  # place of the error on the page, and the fields that a channel needs
    Channel.CALL: ("phone", ("phone",)),
    Channel.SMS: ("phone", ("phone",)),
    Channel.EMAIL: ("email", ("email",)),
    Channel.DIGITAL_POST: ("cpr", ("cpr",)),
    Channel.LETTER: ("address", ("address", "postcode")),
}
_ROLES: Final = frozenset(Role)
_TIMES: Final = frozenset(PreferredTime)


def parse_form(submitted: SubmittedForm, language: str, now: datetime) -> NewPerson | FormErrors:
    """Return the person, or the errors. `language` is that of the page."""
    errors: FormErrors = dict(_missing_fields(submitted))
    checked = check(_statements(submitted, language, now), now)
    if not isinstance(checked, NewPerson):
        errors = dict(_errors_by_place(checked)) | errors
    elif not errors:
        return checked
    return errors


def _missing_fields(submitted: SubmittedForm) -> Iterator[tuple[str, str]]:
    """Yield the errors of fields that only this page requires."""
    if submitted.text("role") not in _ROLES:
        yield "role", "role"
    if submitted.text("birth_date") and parse_date(submitted.text("birth_date")) is None:
        yield "birth_date", "birth_date"
    if submitted.text("wording") not in wordings():
        yield "registration", "other"
    elif not submitted.is_ticked(Purpose.REGISTRATION):
        yield "registration", "registration"
    if submitted.text("trap"):  # filled in by a bot, or by a browser's autofill, which a person can correct
        yield "trap", "trap"
    if submitted.is_ticked(Purpose.CONTACT):
        yield from _missing_contact_details(submitted)


def _missing_contact_details(submitted: SubmittedForm) -> Iterator[tuple[str, str]]:
    for channel in _channels(submitted):
        place, details = _NEEDED_FOR_CHANNEL[channel]
        if not all(submitted.text(name) for name in details):
            yield place, f"{place}_needed"


def _errors_by_place(errors: Sequence[FieldError]) -> Iterator[tuple[str, str]]:
    for error in errors:
        for pattern, place in _PLACE_PATTERNS:
            if found := pattern.fullmatch(error.field):
                where = found.expand(place)
                yield where, where
                break
        else:
            yield "registration", "other"


def _statements(submitted: SubmittedForm, language: str, now: datetime) -> PersonInput:
    role, time, number = submitted.text("role"), submitted.text("preferred_time"), submitted.text("cpr")
    return PersonInput(
        name=submitted.text("name"),
        role=Role(role) if role in _ROLES else Role.OTHER,
        place=RegistrationPlace.SELF,
        registered_at=now,
        registered_by=REGISTRAR,
        presence=Presence.STATED,
        language=submitted.text("speaks") or language,
        interpreter=submitted.is_ticked("interpreter"),
        identifiers=(IdentifierInput(None, number),) if number else (),
        birth_date=parse_date(submitted.text("birth_date")),
        phone=submitted.text("phone") or None,
        email=submitted.text("email") or None,
        addresses=tuple(_addresses(submitted)),
        preferred_time=PreferredTime(time) if time in _TIMES else None,
        circumstances=submitted.text("circumstances") or None,
        concerns=submitted.text("concerns") or None,
        consents=tuple(_consents(submitted, language, now)),
    )


def _addresses(submitted: SubmittedForm) -> Iterator[Address]:
    parts = {name: submitted.text(name) or None for name in ("address", "postcode", "city")}
    if any(parts.values()):
        yield Address(
            parts["address"], parts["postcode"], parts["city"], None, submitted.text("country") or "DK"
        )


def _channels(submitted: SubmittedForm) -> tuple[Channel, ...]:
    return tuple(channel for channel in Channel if channel in submitted.values("channels"))


def _consents(submitted: SubmittedForm, language: str, now: datetime) -> Iterator[ConsentInput]:
    for purpose in Purpose:
        if submitted.is_ticked(purpose):
            yield ConsentInput(
                purpose,
                _channels(submitted) if purpose is Purpose.CONTACT else (),
                wording=submitted.text("wording"),
                language=wording_language(language, submitted.text("wording")),
                how=ObtainedBy.DIGITAL,
                at=now,
                by=REGISTRAR,
                guardian=submitted.text("guardian") or None,
                guardian_cpr=submitted.text("guardian_cpr") or None,
            )
