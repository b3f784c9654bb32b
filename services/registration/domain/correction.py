"""Compare a person before and after a correction, by the field names of the API."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from datetime import date, datetime
from typing import Any

from msgspec import structs

from contracts.events.personal import Circumstances, Identifier, Identity
from contracts.events.vocabulary import PreferredTime, RegistrationPlace
from contracts.rules.identity import IdentitySystem
from services.registration.domain.age import read_date
from services.registration.domain.contact_details import possible_channels
from services.registration.domain.identifiers import IdentifierInput
from services.registration.domain.person import Particulars, PersonInput

_PLAIN = ("role", "presence", "language", "interpreter", "age_band", "channels", "preferred_channel", "note")
_CONTACT = ("name", "phone", "email", "addresses", "preferred_time", "guardian", "guardian_cpr")
OF_GUARDIAN = frozenset({"guardian", "guardian_cpr"})
_IDENTITY = ("identifiers", "birth_date")
_CIRCUMSTANCES = ("circumstances", "concerns")


def changes(before: Particulars, after: Particulars) -> tuple[str, ...]:
    """Return the names of the changed fields in a fixed order. Empty: nothing changed."""
    return (
        *_differing(_PLAIN, before, after),
        *_differing(_CONTACT, before.contact, after.contact),
        *_differing(_IDENTITY, before.identity or Identity(), after.identity or Identity()),
        *_differing(
            _CIRCUMSTANCES,
            before.circumstances or Circumstances(),
            after.circumstances or Circumstances(),
        ),
    )


def _differing(names: Iterable[str], before: object, after: object) -> tuple[str, ...]:
    return tuple(name for name in names if getattr(before, name) != getattr(after, name))


def value_of(person: Particulars, name: str) -> object:
    """Return one field by its API name."""
    parts = {
        _CONTACT: person.contact,
        _IDENTITY: person.identity or Identity(),
        _CIRCUMSTANCES: person.circumstances or Circumstances(),
    }
    holders = [part for names, part in parts.items() if name in names]
    return getattr(holders[0] if holders else person, name)


def overlaid(held: Particulars, other: Particulars, names: Collection[str]) -> Particulars:
    """Return `held` with the named fields taken from `other`. The channels are recomputed."""
    plain, contact, identity, circumstances = (
        {name: value_of(other, name) for name in group if name in names}
        for group in (_PLAIN, (*_CONTACT, "interpreter"), _IDENTITY, _CIRCUMSTANCES)
    )
    new_contact = structs.replace(held.contact, **contact)
    new_identity = structs.replace(held.identity or Identity(), **identity)
    new_circumstances = structs.replace(held.circumstances or Circumstances(), **circumstances)
    whole: dict[str, Any] = plain | {
        "contact": new_contact,
        "identity": new_identity if new_identity != Identity() else None,
        "circumstances": new_circumstances if new_circumstances != Circumstances() else None,
        "channels": possible_channels(new_contact, new_identity),
    }
    return replace(held, **whole)


def numbers_of(person: Particulars) -> tuple[Identifier, ...]:
    return person.identity.identifiers if person.identity else ()


def with_numbers(person: Particulars, numbers: Iterable[Identifier]) -> Particulars:
    identity = structs.replace(person.identity or Identity(), identifiers=tuple(numbers))
    return overlaid(person, replace(person, identity=identity), {"identifiers"})


def input_with_changes(
    held: Particulars, changed: Mapping[str, Any], *, by: str, now: datetime
) -> PersonInput:
    """Return the stored person with the changed fields as a new entry that must be validated again.

    `changed`: fields of PersonInput. All other fields stay.
    """
    identity = held.identity or Identity()
    circumstances = held.circumstances or Circumstances()
    time = held.contact.preferred_time
    said = PersonInput(
        name=held.contact.name,
        role=held.role,
        place=RegistrationPlace.HOTLINE,  # not stored: the place of registration is never corrected
        registered_at=now,
        registered_by=by,
        presence=held.presence,
        language=held.language,
        interpreter=held.interpreter,
        identifiers=tuple(
            IdentifierInput(IdentitySystem(one.system), one.value, one.scope) for one in identity.identifiers
        ),
        birth_date=_birth_date(identity, changed),
        age_band=held.age_band,
        phone=held.contact.phone,
        email=held.contact.email,
        addresses=held.contact.addresses,
        preferred_time=PreferredTime(time) if time else None,
        preferred_channel=held.preferred_channel,
        note=held.note.text if held.note else None,
        circumstances=circumstances.circumstances,
        concerns=circumstances.concerns,
        held=held.contact,
    )
    return replace(said, **changed)


def _birth_date(held: Identity, changed: Mapping[str, Any]) -> date | None:
    """Drop a birth date derived from a CPR number when the correction gives another number."""
    by_cpr = any(one.system == IdentitySystem.CPR for one in held.identifiers)
    return None if by_cpr and changed.get("identifiers") else read_date(held.birth_date)
