"""The two consents of a person, folded from what registration says.

A withdrawal closes whatever is known when it arrives, whatever its date. Only a consent given later than the
last withdrawal opens again. Facts may come twice, and a parked one late: the answer is the same.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from contracts.vocabulary import Channel, WithheldReason


@dataclass(frozen=True, slots=True)
class Consent:
    consent_id: UUID
    channels: tuple[Channel, ...]
    given_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Standing:
    """Where one purpose stands. `withdrawn_at` is the last withdrawal, also after a new consent."""

    consent: Consent | None = None
    withdrawn_at: datetime | None = None
    stands: bool = False


NEVER_GIVEN = Standing()


def given(standing: Standing, consent: Consent) -> Standing:
    known = standing.consent
    if known is not None and consent.given_at <= known.given_at:
        return standing
    later = standing.withdrawn_at is None or consent.given_at > standing.withdrawn_at
    return Standing(consent, standing.withdrawn_at, later)


def withdrawn(standing: Standing, at: datetime) -> Standing:
    if standing.withdrawn_at == at:
        return standing
    return Standing(standing.consent, at)


def why_not(standing: Standing, at: datetime) -> WithheldReason | None:
    """Give why the consent does not hold at a moment; None if it does."""
    if standing.consent is None:
        never = standing.withdrawn_at is None
        return WithheldReason.NO_CONSENT if never else WithheldReason.CONSENT_WITHDRAWN
    if not standing.stands:
        return WithheldReason.CONSENT_WITHDRAWN
    return None if at < standing.consent.expires_at else WithheldReason.CONSENT_EXPIRED


Consents = tuple[Standing, Standing]  # registration, contact
NOTHING_GIVEN: Consents = (NEVER_GIVEN, NEVER_GIVEN)


def why_not_by(consents: Consents, channel: Channel, at: datetime) -> WithheldReason | None:
    """Give why nobody may write to the person by a channel at a moment; None if one may."""
    registration, contact = consents
    if (reason := why_not(registration, at) or why_not(contact, at)) is not None:
        return reason
    consented = contact.consent is not None and channel in contact.consent.channels
    return None if consented else WithheldReason.CHANNEL_NOT_CONSENTED
