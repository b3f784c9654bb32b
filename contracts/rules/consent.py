"""Evaluate the two consents of a person, for every service that contacts people.

registration folds its ledger to the state that each event carries. Readers keep the state of the highest
revision, and evaluate expiry and scope by these functions alone.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from contracts.events.ids import AuthorityId
from contracts.events.registration import ConsentFact, PersonState, RegistrationEvent
from contracts.events.vocabulary import BarReason, Channel, Purpose, WithheldReason


@dataclass(frozen=True, slots=True)
class Consent:
    channels: tuple[Channel, ...]
    expires_at: datetime
    authorities: tuple[AuthorityId, ...] = ()  # the authorities covered; empty: the responsible ones
    given_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class ConsentState:
    """The state of one purpose: the consent that was given last and not withdrawn since."""

    consent: Consent | None = None
    withdrawn_at: datetime | None = None  # the last withdrawal, also before the consent


NEVER_GIVEN = ConsentState()


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
    return None if at < standing.consent.expires_at else WithheldReason.CONSENT_EXPIRED


Consents = tuple[ConsentState, ConsentState]  # registration, contact


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


def newest_states(events: Iterable[RegistrationEvent]) -> list[RegistrationEvent]:
    """Return for each person of a batch the event with the highest revision."""
    newest: dict[UUID, RegistrationEvent] = {}
    for event in events:
        known = newest.get(event.registration_id)
        if known is None or known.revision < event.revision:
            newest[event.registration_id] = event
    return list(newest.values())


def consents_of(state: PersonState) -> Consents:
    """Return the two consents of a person. Of several for one purpose the last given counts."""
    last = {fact.purpose: _consent(fact) for fact in state.consents}
    of_purpose = {
        purpose: ConsentState(last.get(purpose), state.withdrawn.get(purpose)) for purpose in Purpose
    }
    return of_purpose[Purpose.REGISTRATION], of_purpose[Purpose.CONTACT]


def restriction_of(state: PersonState) -> BarReason | None:
    """Return the restriction in force that is stated as the reason: a restriction precedes the wish."""
    held = {one.reason for one in state.restrictions if one.lifted_at is None}
    return next(
        (reason for reason in (BarReason.RESTRICTED, BarReason.DO_NOT_CONTACT) if reason in held), None
    )


def _consent(fact: ConsentFact) -> Consent:
    return Consent(fact.channels, fact.expires_at, fact.authorities, fact.given_at)
