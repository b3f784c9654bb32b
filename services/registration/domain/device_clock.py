"""Date registrations from a device with a wrong clock by their time of receipt.

A tablet with an empty battery starts at 1970 or 2000, or runs months ahead. Its registrations and consents
are still valid. The time of the device is stored beside the time of receipt. Such a consent may be older than
an earlier withdrawal, so it never undoes one.
"""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from services.registration.domain.consent import CLOCK_SKEW, ConsentInput, a_year_after
from services.registration.domain.person import PersonInput

_BEFORE_THE_START: Final = timedelta(days=1)  # the start of an incident may be recorded too late


def is_wrong(claimed: datetime, started_at: datetime, now: datetime) -> bool:
    """Return whether nobody can have been registered at the incident at this time."""
    return not started_at - _BEFORE_THE_START <= claimed <= now + CLOCK_SKEW


def dated_by_receipt(said: PersonInput, started_at: datetime, now: datetime) -> PersonInput:
    """Replace impossible times by the time of receipt. Keep the device's time in `device_at`."""
    if is_wrong(said.registered_at, started_at, now):
        said = replace(said, registered_at=now, device_at=said.registered_at)
    return replace(said, consents=tuple([_consent(one, started_at, now) for one in said.consents]))


def _consent(said: ConsentInput, started_at: datetime, now: datetime) -> ConsentInput:
    if said.at is None or not is_wrong(said.at, started_at, now):
        return said
    expires_at = None
    if said.expires_at is not None:  # keep the duration that the device gave
        expires_at = min(now + max(said.expires_at - said.at, timedelta()), a_year_after(now))
    return replace(said, at=now, expires_at=expires_at, device_at=said.at)
