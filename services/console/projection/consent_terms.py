"""Terms of a consent: expiry, channels, authorities. Stored as text beside the time of the consent."""

from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from contracts.events.registration import ConsentFact

UNKNOWN = ""  # the consent is older than stored terms: no expiry, and everything is allowed


@dataclass(frozen=True, slots=True)
class ConsentTerms:
    expires_at: datetime
    channels: frozenset[str]
    authorities: frozenset[str]  # empty: any responsible authority


def as_text(consent: ConsentFact) -> str:
    channels, authorities = ",".join(sorted(consent.channels)), ",".join(sorted(consent.authorities))
    return f"{consent.expires_at.isoformat()};{channels};{authorities}"


@lru_cache(maxsize=4096)
def read(text: str) -> ConsentTerms | None:
    if text == UNKNOWN:
        return None
    expires_at, channels, authorities = text.split(";")
    return ConsentTerms(datetime.fromisoformat(expires_at), names(channels), names(authorities))


def names(text: str) -> frozenset[str]:
    """Parse a comma-separated list."""
    return frozenset(text.split(",")) - {""}
