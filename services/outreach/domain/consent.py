"""The two consents of a person, folded from what registration says.

A withdrawal closes whatever is known when it arrives, whatever its date. Only a consent given later than the
last withdrawal opens again. A restatement stands in place of all that was told before it. Facts may come
twice, and a parked one late: the answer is the same, or it is no.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from contracts.ids import AuthorityId
from contracts.vocabulary import Channel, WithheldReason


@dataclass(frozen=True, slots=True)
class Consent:
    consent_id: UUID
    channels: tuple[Channel, ...]
    given_at: datetime
    expires_at: datetime
    authorities: tuple[AuthorityId, ...] = ()  # whom it covers; empty: whoever is responsible


@dataclass(frozen=True, slots=True)
class Standing:
    """Where one purpose stands. `withdrawn_at` is the last withdrawal, also after a new consent."""

    consent: Consent | None = None
    withdrawn_at: datetime | None = None
    stands: bool = False
    restated_at: datetime | None = None  # the last time all of it was told anew


NEVER_GIVEN = Standing()
AHEAD: Final = timedelta(minutes=5)  # registration takes no consent dated further ahead than a fast clock


def given(standing: Standing, consent: Consent) -> Standing:
    known, restated_at = standing.consent, standing.restated_at
    if known is not None and consent.given_at <= known.given_at:
        return standing
    if restated_at is not None and consent.given_at <= restated_at:
        return standing
    later = standing.withdrawn_at is None or consent.given_at > standing.withdrawn_at
    return Standing(consent, standing.withdrawn_at, later, restated_at)


def withdrawn(standing: Standing, at: datetime) -> Standing:
    last = standing.withdrawn_at
    if last == at:
        return standing
    latest = at if last is None else max(at, last)
    return Standing(standing.consent, latest, stands=False, restated_at=standing.restated_at)


def restated(standing: Standing, consent: Consent | None, at: datetime) -> Standing:
    """Put what is told in place of what was known before; a withdrawal closes it all the same.

    A consent given since stays. Of one that may only be dated ahead, what both allow is left.
    """
    if standing.restated_at is not None and at <= standing.restated_at:
        return standing
    known, ended = standing.consent, standing.withdrawn_at
    if known is not None and known.given_at > at + AHEAD:
        return replace(standing, restated_at=at)
    stands = consent is not None and (ended is None or consent.given_at > ended)
    if known is not None and known.given_at > at:
        stands = stands and standing.stands and consent is not None and _overlap(known, consent)
        consent = _stricter(known, consent) if consent else known
    return Standing(consent, ended, stands, restated_at=at)


def _overlap(one: Consent, other: Consent) -> bool:
    some = set(one.authorities) & set(other.authorities)
    return bool(some) or not one.authorities or not other.authorities


def _stricter(later: Consent, told: Consent) -> Consent:
    return replace(
        later,
        channels=tuple([channel for channel in later.channels if channel in told.channels]),
        expires_at=min(later.expires_at, told.expires_at),
        authorities=tuple([a for a in later.authorities if not told.authorities or a in told.authorities])
        or told.authorities,
    )


def covers(standing: Standing, authority: AuthorityId) -> bool:
    """Tell whether the consent is to that authority: one that names others is none."""
    consent = standing.consent
    return consent is None or not consent.authorities or authority in consent.authorities


def why_not(standing: Standing, at: datetime) -> WithheldReason | None:
    """Give why the consent does not hold at a moment; None if it does."""
    if standing.consent is None:
        never = standing.withdrawn_at is None
        return WithheldReason.NO_CONSENT if never else WithheldReason.CONSENT_WITHDRAWN
    if not standing.stands:
        return WithheldReason.CONSENT_WITHDRAWN
    return None if at < standing.consent.expires_at else WithheldReason.CONSENT_EXPIRED
