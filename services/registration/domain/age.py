"""Age bands that the law distinguishes."""

from datetime import date, datetime
from typing import Final
from zoneinfo import ZoneInfo

from contracts.events.vocabulary import AgeBand
from contracts.rules import identity

LOCAL: Final = ZoneInfo("Europe/Copenhagen")
MAJORITY: Final = 18  # years


def age_band(born: date, on: date) -> AgeBand:
    years = identity.age(born, on)
    if years < identity.OWN_CONSENT_AGE:
        return AgeBand.UNDER_15
    return AgeBand.FROM_15 if years < MAJORITY else AgeBand.ADULT


def read_date(text: str | None) -> date | None:
    """Parse the birth date of a sealed identity."""
    return date.fromisoformat(text) if text else None


def is_child(born: date | None, stated: AgeBand | None, at: datetime) -> bool:
    if born is None:
        return stated is AgeBand.UNDER_15
    return identity.age(born, at.astimezone(LOCAL).date()) < identity.OWN_CONSENT_AGE
