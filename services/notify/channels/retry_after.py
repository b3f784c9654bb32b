"""Read Retry-After (RFC 9110, 10.2.3): whole seconds or a date, limited to an hour."""

import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final

LONGEST: Final = 3600.0  # seconds; a provider that is away for longer is tried again meanwhile
_SECONDS: Final = re.compile(r"[0-9]+")
_MANY: Final = 9  # digits; a longer number exceeds any limit


def read_retry_after(header: str | None, now: datetime, sent_at: str | None = None) -> float | None:
    """Return the seconds to wait; None without a valid value.

    `sent_at`: the Date header of the same answer. A date counts from it, so our clock does not matter.
    """
    value = (header or "").strip()
    if _SECONDS.fullmatch(value):
        return LONGEST if len(value) > _MANY else min(float(value), LONGEST)
    until = _date(value)
    if until is None:
        return None
    since = _date(sent_at or "") or now
    return min(max((until - since).total_seconds(), 0.0), LONGEST)


def _date(value: str) -> datetime | None:
    try:
        found = parsedate_to_datetime(value)
        return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    except (ValueError, OverflowError, TypeError, IndexError):
        return None
