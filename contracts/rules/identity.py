"""Identity systems and the form of their numbers. Pure: today's date is an argument.

Sources: CPR-kontoret, "Personnummeret i CPR" (form, century, modulus 11 given up in 2007); HL7 Denmark,
dk-core (X-eCPR, D-eCPR).
"""

import re
from dataclasses import dataclass, field
from datetime import date
from enum import Enum, StrEnum
from typing import Final

from stdnum.dk import cpr as stdnum_cpr
from stdnum.exceptions import ValidationError

from contracts.rules.invisible_characters import visible
from contracts.wire.error_codes import ErrorCode

OWN_CONSENT_AGE: Final = 15  # years: own consent, and own digital mailbox
_LENGTH: Final = 10
_REPLACEMENT_DAYS: Final = 60
_SEPARATORS = re.compile("[\\s\\-\u2010-\u2015\u2212\ufe58\ufe63\uff0d]")
_X_ECPR = re.compile(r"\d{6}[17][A-Z]{2}\d")
_D_ECPR = re.compile(r"\d{6}[056][A-Z]{2}\d")
_PASSPORT = re.compile(r"[A-Z0-9]{5,15}")
_COUNTRY = re.compile(r"[A-Z]{2}")


class IdentitySystem(StrEnum):
    CPR = "cpr"
    REPLACEMENT_CPR = "replacement_cpr"  # day + 60; not unique
    X_ECPR = "x_ecpr"  # national
    D_ECPR = "d_ecpr"  # unique only within its region: the identifier's scope
    PASSPORT = "passport"  # scope: ISO 3166-1 alpha-2
    NONE = "none"


D_ECPR_REGIONS: Final = {"1085": "177", "1081": "179", "1082": "181", "1083": "183", "1084": "187"}
"""Region to the suffix of the D-eCPR identifier system."""


class IdentifierError(Enum):
    """The error of an identity number."""

    LENGTH = ErrorCode.ID_LENGTH
    FORM = ErrorCode.ID_FORM
    DATE = ErrorCode.ID_DATE
    NOT_BORN = ErrorCode.ID_NOT_BORN
    SCOPE = ErrorCode.ID_SCOPE
    SYSTEM = ErrorCode.ID_SYSTEM


@dataclass(frozen=True, slots=True)
class Number:
    system: IdentitySystem
    value: str = field(repr=False)  # without separators, letters upper case
    birth_date: date | None = field(default=None, repr=False)


def compact(text: str) -> str:
    """Remove spaces, dashes of every kind and invisible characters."""
    return _SEPARATORS.sub("", visible(text)).upper()


def parse(text: str, on: date) -> Number | IdentifierError:
    """Parse a CPR number or one of its replacements, as a registrar types it."""
    value = compact(text)
    if len(value) != _LENGTH:
        return IdentifierError.LENGTH
    system = _system(value)
    if system is None:
        return IdentifierError.FORM
    born = _birth_date(system, value)
    if born is None:
        return IdentifierError.DATE
    return IdentifierError.NOT_BORN if born > on else Number(system, value, born)


def check(system: str, value: str, scope: str | None, on: date) -> Number | IdentifierError:
    """Check an identifier against its stated system."""
    match system:
        case IdentitySystem.PASSPORT:
            return _passport(compact(value), scope)
        case IdentitySystem.NONE:
            return IdentifierError.FORM if value else Number(IdentitySystem.NONE, "")
    number = parse(value, on)
    if isinstance(number, IdentifierError):
        return number
    if number.system != system:
        return IdentifierError.SYSTEM
    if number.system is IdentitySystem.D_ECPR and scope not in D_ECPR_REGIONS:
        return IdentifierError.SCOPE
    return number


def looks_mistyped(cpr: str) -> bool:
    """Return whether modulus 11 fails. It is only a hint: valid numbers fail it too."""
    value = compact(cpr)
    return _is_digits(value) and len(value) == _LENGTH and stdnum_cpr.checksum(value) != 0


def age(born: date, on: date) -> int:
    return on.year - born.year - ((on.month, on.day) < (born.month, born.day))


def _system(value: str) -> IdentitySystem | None:
    if _is_digits(value):
        replacement = int(value[:2]) > _REPLACEMENT_DAYS
        return IdentitySystem.REPLACEMENT_CPR if replacement else IdentitySystem.CPR
    if not value.isascii():
        return None
    if _X_ECPR.fullmatch(value):
        return IdentitySystem.X_ECPR
    return IdentitySystem.D_ECPR if _D_ECPR.fullmatch(value) else None


def _birth_date(system: IdentitySystem, value: str) -> date | None:
    day = int(value[:2]) - (_REPLACEMENT_DAYS if system is IdentitySystem.REPLACEMENT_CPR else 0)
    if system is IdentitySystem.X_ECPR:
        return _date(1900 if value[6] == "1" else 2000, int(value[4:6]), int(value[2:4]), day)
    try:
        return stdnum_cpr.get_birth_date(f"{day:02}{value[2:]}")
    except ValidationError:
        return None


def _date(century: int, year: int, month: int, day: int) -> date | None:
    try:
        return date(century + year, month, day)
    except ValueError:
        return None


def _passport(value: str, scope: str | None) -> Number | IdentifierError:
    if not _PASSPORT.fullmatch(value):
        return IdentifierError.FORM
    if not _COUNTRY.fullmatch(scope or ""):
        return IdentifierError.SCOPE
    return Number(IdentitySystem.PASSPORT, value)


def _is_digits(value: str) -> bool:
    return value.isascii() and value.isdigit()
