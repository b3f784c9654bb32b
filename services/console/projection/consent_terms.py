"""What a consent allows: until when, by which channels, and for whom. Kept as text beside its time."""

from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from contracts.events.registration import ConsentFact

UNKNOWN = ""  # of a consent heard of before terms were kept: no term, and everything allowed


@dataclass(frozen=True, slots=True)
class ConsentTerms:
    expires_at: datetime
    channels: frozenset[str]
    authorities: frozenset[str]  # empty: whoever is responsible


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
    """Read a list kept as text, with commas."""
    return frozenset(text.split(",")) - {""}
