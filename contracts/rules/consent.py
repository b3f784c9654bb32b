"""Fold the events of registration to the two consents of a person, for every service that contacts people.

A withdrawal ends every consent known when it arrives, whatever its date. Only a consent given after the last
withdrawal is in force again. A restatement replaces all earlier events. The fold is idempotent and
order-independent; a late event can only remove permission, never grant it.
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
    authorities: tuple[AuthorityId, ...] = ()  # the authorities covered; empty: the responsible ones


@dataclass(frozen=True, slots=True)
class ConsentState:
    """The state of one purpose. `withdrawn_at` is the last withdrawal, also after a new consent."""

    consent: Consent | None = None
    withdrawn_at: datetime | None = None
    stands: bool = False
    restated_at: datetime | None = None  # the last restatement


NEVER_GIVEN = ConsentState()
AHEAD: Final = timedelta(minutes=5)  # registration accepts no consent dated further ahead (fast clocks)


def apply_consent(standing: ConsentState, consent: Consent) -> ConsentState:
    known, restated_at = standing.consent, standing.restated_at
    if known is not None and consent.given_at <= known.given_at:
        return standing
    if restated_at is not None and consent.given_at <= restated_at:
        return standing
    later = standing.withdrawn_at is None or consent.given_at > standing.withdrawn_at
    return ConsentState(consent, standing.withdrawn_at, later, restated_at)


def apply_withdrawal(standing: ConsentState, at: datetime) -> ConsentState:
    last = standing.withdrawn_at
    if last == at:
        return standing
    latest = at if last is None else max(at, last)
    return ConsentState(standing.consent, latest, stands=False, restated_at=standing.restated_at)


def apply_restatement(standing: ConsentState, consent: Consent | None, at: datetime) -> ConsentState:
    """Replace the known consent by the restated one. A later withdrawal still ends it.

    A consent given after the restatement stays. If it may only be dated ahead, the stricter of both holds.
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


def _stricter(later: Consent, restated: Consent) -> Consent:
    return replace(
        later,
        channels=tuple([channel for channel in later.channels if channel in restated.channels]),
        expires_at=min(later.expires_at, restated.expires_at),
        authorities=tuple(
            [a for a in later.authorities if not restated.authorities or a in restated.authorities]
        )
        or restated.authorities,
    )


def names_one_of(named: Collection[AuthorityId], covered_by: Collection[AuthorityId]) -> bool:
    """Return whether a consent limited to `named` covers a person.

    `covered_by` holds the person's municipality, its region, the acting authority (delegate), and every
    authority that one of them has succeeded. Naming any of these covers the responsible authority. routing
    computes it for a date. A consent without authorities covers the responsible authority.
    """
    return not named or any(authority in named for authority in covered_by)


def covers(standing: ConsentState, covered_by: Collection[AuthorityId]) -> bool:
    """Return whether the consent covers the person: see `names_one_of`."""
    consent = standing.consent
    return consent is None or names_one_of(consent.authorities, covered_by)


def refusal(standing: ConsentState, at: datetime) -> WithheldReason | None:
    """Return why the consent is not in force at a time; None if it is."""
    if standing.consent is None:
        never = standing.withdrawn_at is None
        return WithheldReason.NO_CONSENT if never else WithheldReason.CONSENT_WITHDRAWN
    if not standing.stands:
        return WithheldReason.CONSENT_WITHDRAWN
    return None if at < standing.consent.expires_at else WithheldReason.CONSENT_EXPIRED


Consents = tuple[ConsentState, ConsentState]  # registration, contact
NOTHING_GIVEN: Consents = (NEVER_GIVEN, NEVER_GIVEN)


def refusal_by_channel(
    consents: Consents, channel: Channel, covered_by: Collection[AuthorityId], at: datetime
) -> WithheldReason | None:
    """Return why the person may not be contacted by a channel; None if they may."""
    registration, contact = consents
    if (reason := refusal(registration, at) or refusal(contact, at)) is not None:
        return reason
    if not covers(registration, covered_by) or not covers(contact, covered_by):
        return WithheldReason.NO_CONSENT
    consented = contact.consent is not None and channel in contact.consent.channels
    return None if consented else WithheldReason.CHANNEL_NOT_CONSENTED


def apply_event(consents: Consents, event: PersonEvent) -> Consents:
    """Apply one event to the consents. Events without consents change nothing."""
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
                return apply_withdrawal(registration, event.withdrawn_at), contact
            return registration, apply_withdrawal(contact, event.withdrawn_at)
        case _:
            return consents


def _give(consents: Consents, fact: ConsentFact) -> Consents:
    registration, contact = consents
    if fact.purpose is Purpose.REGISTRATION:
        return apply_consent(registration, _consent(fact)), contact
    return registration, apply_consent(contact, _consent(fact))


def _restate(consents: Consents, event: ConsentsRestated) -> Consents:
    """Replace both consents. A purpose without a consent gets none; of several, the last given counts."""
    latest = {fact.purpose: _consent(fact) for fact in sorted(event.consents, key=lambda fact: fact.given_at)}
    registration, contact = consents
    at = event.restated_at
    return (
        apply_restatement(registration, latest.get(Purpose.REGISTRATION), at),
        apply_restatement(contact, latest.get(Purpose.CONTACT), at),
    )


def _consent(fact: ConsentFact) -> Consent:
    return Consent(fact.consent_id, fact.channels, fact.given_at, fact.expires_at, fact.authorities)
