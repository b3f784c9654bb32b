"""Terms of a consent: expiry, channels, authorities. Stored as text."""

from datetime import datetime
from functools import lru_cache

from contracts.events.ids import AuthorityId
from contracts.events.vocabulary import Channel
from contracts.rules.consent import NEVER_GIVEN, Consent, ConsentState

NONE = ""  # no consent, or withdrawn


def as_text(state: ConsentState) -> str:
    consent = state.consent
    if consent is None:
        return NONE
    channels, covered = ",".join(sorted(consent.channels)), ",".join(sorted(consent.authorities))
    return f"{consent.expires_at.isoformat()};{channels};{covered}"


@lru_cache(maxsize=4096)
def read(text: str) -> ConsentState:
    if text == NONE:
        return NEVER_GIVEN
    expires_at, channels, covered = text.split(";")
    by = tuple([Channel(name) for name in sorted(names(channels))])
    consent = Consent(by, datetime.fromisoformat(expires_at), authorities(covered))
    return ConsentState(consent)


def names(text: str) -> frozenset[str]:
    """Parse a comma-separated list."""
    return frozenset(text.split(",")) - {""}


@lru_cache(maxsize=4096)
def authorities(text: str) -> tuple[AuthorityId, ...]:
    return tuple([AuthorityId(code) for code in sorted(names(text))])
