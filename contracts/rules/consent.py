"""The two consents of a person, folded from what registration says: one rule for all who contact.

A withdrawal closes whatever is known when it arrives, whatever its date. Only a consent given later than the
last withdrawal opens again. A restatement stands in place of all that was told before it. Facts may come
twice, and a parked one late: the answer is the same, or it is no.
"""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import reduce
from typing import Final
from uuid import UUID

from contracts.events.ids import AuthorityId
from contracts.events.registration import (
    ConsentFact,
    ConsentGiven,
    ConsentsRestated,
    ConsentWithdrawn,
    PersonRegistered,
)
from contracts.events.vocabulary import Channel, Purpose, WithheldReason
from contracts.wire.event import PersonEvent


@dataclass(frozen=True, slots=True)
class Consent:
    consent_id: UUID
    channels: tuple[Channel, ...]
    given_at: datetime
    expires_at: datetime
    authorities: tuple[AuthorityId, ...] = ()  # whom it covers; empty: whoever is responsible


@dataclass(frozen=True, slots=True)
class ConsentState:
    """Where one purpose stands. `withdrawn_at` is the last withdrawal, also after a new consent."""

    consent: Consent | None = None
    withdrawn_at: datetime | None = None
    stands: bool = False
    restated_at: datetime | None = None  # the last time all of it was told anew


NEVER_GIVEN = ConsentState()
AHEAD: Final = timedelta(minutes=5)  # registration takes no consent dated further ahead than a fast clock


def given(standing: ConsentState, consent: Consent) -> ConsentState:
    known, restated_at = standing.consent, standing.restated_at
    if known is not None and consent.given_at <= known.given_at:
        return standing
    if restated_at is not None and consent.given_at <= restated_at:
        return standing
    later = standing.withdrawn_at is None or consent.given_at > standing.withdrawn_at
    return ConsentState(consent, standing.withdrawn_at, later, restated_at)


def withdrawn(standing: ConsentState, at: datetime) -> ConsentState:
    last = standing.withdrawn_at
    if last == at:
        return standing
    latest = at if last is None else max(at, last)
    return ConsentState(standing.consent, latest, stands=False, restated_at=standing.restated_at)


def restated(standing: ConsentState, consent: Consent | None, at: datetime) -> ConsentState:
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
    return ConsentState(consent, ended, stands, restated_at=at)


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


def names_one_of(named: Collection[AuthorityId], covered_by: Collection[AuthorityId]) -> bool:
    """Return whether a consent limited to `named` covers a person.

    `covered_by` holds the person's municipality, its region, the acting authority (delegate), and every
    authority that one of them has succeeded. Naming any of these is naming whoever is responsible. Routing
    computes it for a date. A consent that names nobody covers whoever is responsible.
    """
    return not named or any(authority in named for authority in covered_by)


def covers(standing: ConsentState, covered_by: Collection[AuthorityId]) -> bool:
    """Return whether the consent covers the person: see `names_one_of`."""
    consent = standing.consent
    return consent is None or names_one_of(consent.authorities, covered_by)


def why_not(standing: ConsentState, at: datetime) -> WithheldReason | None:
    """Give why the consent does not hold at a moment; None if it does."""
    if standing.consent is None:
        never = standing.withdrawn_at is None
        return WithheldReason.NO_CONSENT if never else WithheldReason.CONSENT_WITHDRAWN
    if not standing.stands:
        return WithheldReason.CONSENT_WITHDRAWN
    return None if at < standing.consent.expires_at else WithheldReason.CONSENT_EXPIRED


Consents = tuple[ConsentState, ConsentState]  # registration, contact
NOTHING_GIVEN: Consents = (NEVER_GIVEN, NEVER_GIVEN)


def why_not_by(
    consents: Consents, channel: Channel, covered_by: Collection[AuthorityId], at: datetime
) -> WithheldReason | None:
    """Return why nobody may write to the person by a channel; None if somebody may."""
    registration, contact = consents
    if (reason := why_not(registration, at) or why_not(contact, at)) is not None:
        return reason
    if not covers(registration, covered_by) or not covers(contact, covered_by):
        return WithheldReason.NO_CONSENT
    consented = contact.consent is not None and channel in contact.consent.channels
    return None if consented else WithheldReason.CHANNEL_NOT_CONSENTED


def learn(consents: Consents, event: PersonEvent) -> Consents:
    """Take in what one event says of consents; other events say nothing of them."""
    match event:
        case PersonRegistered():
            return reduce(_give, event.consents, consents)
        case ConsentGiven():
            return _give(consents, event.consent)
        case ConsentsRestated():
            return _restate(consents, event)
        case ConsentWithdrawn():
            registration, contact = consents
            if event.purpose is Purpose.REGISTRATION:
                return withdrawn(registration, event.withdrawn_at), contact
            return registration, withdrawn(contact, event.withdrawn_at)
        case _:
            return consents


def _give(consents: Consents, fact: ConsentFact) -> Consents:
    registration, contact = consents
    if fact.purpose is Purpose.REGISTRATION:
        return given(registration, _consent(fact)), contact
    return registration, given(contact, _consent(fact))


def _restate(consents: Consents, event: ConsentsRestated) -> Consents:
    """Leave a purpose that is not told of without consent. Of several for one, the last given counts."""
    told = {fact.purpose: _consent(fact) for fact in sorted(event.consents, key=lambda fact: fact.given_at)}
    registration, contact = consents
    at = event.restated_at
    return (
        restated(registration, told.get(Purpose.REGISTRATION), at),
        restated(contact, told.get(Purpose.CONTACT), at),
    )


def _consent(fact: ConsentFact) -> Consent:
    return Consent(fact.consent_id, fact.channels, fact.given_at, fact.expires_at, fact.authorities)
