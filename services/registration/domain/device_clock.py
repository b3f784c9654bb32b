"""A device whose clock is dead or wrong: what it registers is dated by its receipt.

A tablet that lost its battery begins at 1970 or 2000, or lies months ahead. Its people and their consents are
real all the same. What the device claims is kept beside the time of receipt. Such a consent may be older than
a withdrawal that came before it, and never undoes one.
"""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from services.registration.domain.consent import CLOCK_SKEW, SaidConsent, a_year_after
from services.registration.domain.person import Said

_BEFORE_THE_START: Final = timedelta(days=1)  # an incident's start may be noted too late


def is_wrong(claimed: datetime, started_at: datetime, now: datetime) -> bool:
    """Tell a time at which nobody can have been registered at the incident."""
    return not started_at - _BEFORE_THE_START <= claimed <= now + CLOCK_SKEW


def dated_by_receipt(said: Said, started_at: datetime, now: datetime) -> Said:
    """Put the time of receipt where the device's clock was wrong; keep what it claimed."""
    if is_wrong(said.registered_at, started_at, now):
        said = replace(said, registered_at=now, device_at=said.registered_at)
    return replace(said, consents=tuple([_consent(one, started_at, now) for one in said.consents]))


def _consent(said: SaidConsent, started_at: datetime, now: datetime) -> SaidConsent:
    if said.at is None or not is_wrong(said.at, started_at, now):
        return said
    expires_at = None
    if said.expires_at is not None:  # for as long as the device meant
        expires_at = min(now + max(said.expires_at - said.at, timedelta()), a_year_after(now))
    return replace(said, at=now, expires_at=expires_at, device_at=said.at)
