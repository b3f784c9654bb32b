"""A person's identity: any number of validated identifiers and the birth date that they agree on."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Final

from contracts.events.personal import Identifier, Identity
from contracts.rules import identity
from contracts.rules.identity import IdentitySystem
from contracts.rules.plain_text import holds_a_cpr_number
from contracts.wire.error_codes import ErrorCode
from contracts.wire.errors import FieldError

_SCOPED: Final = frozenset({IdentitySystem.D_ECPR, IdentitySystem.PASSPORT})


EARLIEST_BIRTH: Final = 1850  # a year; nobody alive was born before, but CPR test numbers are from 1858


@dataclass(frozen=True, slots=True)
class IdentifierInput:
    """An identifier before validation. `system` None: derive it from the number."""

    system: IdentitySystem | None
    value: str = field(repr=False)
    scope: str | None = None


@dataclass(frozen=True, slots=True)
class Identified:
    identity: Identity | None
    born: date | None


_Scoped = tuple[identity.Number, str | None]  # the number, and the region or country that issued it


def holds_a_number(text: str, on: date) -> bool:
    """Return whether an unencrypted text holds an ID number, as in a file with shifted columns."""
    return isinstance(identity.parse(text, on), identity.Number) or holds_a_cpr_number(text)


def identify(
    said: Sequence[IdentifierInput],
    birth_date: date | None,
    on: date,
    flaws: list[FieldError],
    hints: list[FieldError],
) -> Identified:
    numbers = _numbers(said, on, flaws, hints)
    born = _birth_date(birth_date, numbers, on, flaws)
    if not numbers and born is None:
        return Identified(None, None)
    identifiers = dict.fromkeys(Identifier(one.system.value, one.value, scope) for one, scope in numbers)
    return Identified(Identity(tuple(identifiers), born.isoformat() if born else None), born)


def _numbers(
    said: Sequence[IdentifierInput], on: date, flaws: list[FieldError], hints: list[FieldError]
) -> list[_Scoped]:
    numbers: list[_Scoped] = []
    for place, one in enumerate(said):
        at = f"identifiers.{place}.value"
        number = _number(one, on)
        if isinstance(number, identity.IdentifierError):
            flaws.append(FieldError(at, number.value))
            continue
        if number.system is IdentitySystem.NONE:
            continue
        if number.system is IdentitySystem.CPR and identity.looks_mistyped(number.value):
            hints.append(FieldError(at, ErrorCode.ID_MISTYPED))
        numbers.append((number, one.scope if number.system in _SCOPED else None))
    return numbers


def _number(one: IdentifierInput, on: date) -> identity.Number | identity.IdentifierError:
    if one.system is not None:
        return identity.check(one.system, one.value, one.scope, on)
    number = identity.parse(one.value, on)
    if isinstance(number, identity.Number) and number.system is IdentitySystem.D_ECPR:
        return identity.check(number.system, one.value, one.scope, on)
    return number


def _birth_date(said: date | None, numbers: list[_Scoped], on: date, flaws: list[FieldError]) -> date | None:
    """Prefer the date of the CPR number to the entered one. Dates of replacement numbers may be guesses."""
    if said is not None and said > on:
        flaws.append(FieldError("birth_date", ErrorCode.IN_FUTURE))
    if said is not None and said.year < EARLIEST_BIRTH:
        flaws.append(FieldError("birth_date", ErrorCode.BIRTH_DATE_TOO_EARLY, year=EARLIEST_BIRTH))
    dates = {number.system: number.birth_date for number, _ in numbers if number.birth_date is not None}
    if (by_cpr := dates.get(IdentitySystem.CPR)) is not None:
        if said not in {None, by_cpr}:
            flaws.append(FieldError("birth_date", ErrorCode.BIRTH_DATE_NOT_CPR))
        return by_cpr
    return said or next(iter(dates.values()), None)
