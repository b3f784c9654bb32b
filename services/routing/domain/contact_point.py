"""Contact points of an authority for handovers, maintained by officials."""

import re
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final

from services.routing.domain.period import Period

_PHONE: Final = re.compile(r"\+?[0-9 ]{3,20}", re.ASCII)
_MAIL: Final = re.compile(r"[^\s@]+@[^\s@]+\.[^\s@]+")


class ContactKind(StrEnum):
    SECURE_MAIL = "secure_mail"
    PHONE = "phone"
    CRISIS_LEAD = "crisis_lead"  # head of the crisis team
    AMK = "amk"  # akut medicinsk koordination
    KOP = "kop"  # koordinerende psykiatrisk kontaktperson


@dataclass(frozen=True, slots=True)
class ContactPoint:
    kind: ContactKind
    value: str
    valid: Period


def contact_point_problem(point: ContactPoint) -> str | None:
    """Return what is wrong with the contact point, or None. The crisis lead is free text."""
    if point.valid.is_empty():
        return "valid_to must be later than valid_from"
    if point.kind is ContactKind.SECURE_MAIL and not _MAIL.fullmatch(point.value):
        return "Not an e-mail address. Check the spelling."
    if point.kind is ContactKind.PHONE and not _PHONE.fullmatch(point.value):
        return "Not a telephone number. Use digits, spaces and a leading +."
    return None


def in_force(points: tuple[ContactPoint, ...], on: date) -> tuple[ContactPoint, ...]:
    return tuple(point for point in points if on in point.valid)
