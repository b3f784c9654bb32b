"""How an authority is reached when a case is handed over: a directory that people keep."""

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
    CRISIS_LEAD = "crisis_lead"  # who leads the crisis team
    AMK = "amk"  # akut medicinsk koordination
    KOP = "kop"  # koordinerende psykiatrisk kontaktperson


@dataclass(frozen=True, slots=True)
class ContactPoint:
    kind: ContactKind
    value: str
    valid: Period


def contact_point_problem(point: ContactPoint) -> str | None:
    """Say what is wrong with it; a lead may be written as the authority wants it."""
    if point.valid.is_empty():
        return "its last day lies before its first"
    if point.kind is ContactKind.SECURE_MAIL and not _MAIL.fullmatch(point.value):
        return "not an e-mail address"
    if point.kind is ContactKind.PHONE and not _PHONE.fullmatch(point.value):
        return "not a telephone number"
    return None


def in_force(points: tuple[ContactPoint, ...], on: date) -> tuple[ContactPoint, ...]:
    return tuple(point for point in points if on in point.valid)
