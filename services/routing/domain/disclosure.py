"""Whether a registration may be passed on: the consent to it, bars, merges; whatever the order.

A withdrawal closes every consent given up to it, also one that is stated again later.
"""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from contracts.events import personal
from contracts.events.ids import AuthorityId, ConsentId
from contracts.rules.consent import names_one_of


@dataclass(frozen=True, slots=True)
class RegistrationConsent:
    """The consent to be registered and passed on."""

    consent_id: ConsentId
    given_at: datetime
    expires_at: datetime
    authorities: tuple[AuthorityId, ...] = ()  # empty: whoever is responsible

    def covers(self, covered_by: Collection[AuthorityId]) -> bool:
        return names_one_of(self.authorities, covered_by)


@dataclass(frozen=True, slots=True)
class ConsentLedger:
    consent: RegistrationConsent | None = None  # the last one
    withdrawn_at: datetime | None = None  # the last time
    restated_at: datetime | None = None  # consents given up to here are those of the restatement

    def given(self, consent: RegistrationConsent) -> "ConsentLedger":
        if self.restated_at is not None and consent.given_at <= self.restated_at:
            return self
        return self if self._knows_later(consent) else replace(self, consent=consent)

    def withdrawn(self, at: datetime) -> "ConsentLedger":
        return replace(self, withdrawn_at=max(at, self.withdrawn_at or at))

    def restated(self, at: datetime, consent: RegistrationConsent | None) -> "ConsentLedger":
        if self.restated_at is not None and at <= self.restated_at:
            return self
        known = self.consent if self.consent and self.consent.given_at > at else consent
        return ConsentLedger(known, self.withdrawn_at, at)

    def standing(self) -> RegistrationConsent | None:
        """Give the consent unless it is withdrawn; it may have expired."""
        if self.consent is None or self.withdrawn_at is None:
            return self.consent
        return self.consent if self.consent.given_at > self.withdrawn_at else None

    def _knows_later(self, consent: RegistrationConsent) -> bool:
        known = self.consent
        return known is not None and (consent.given_at, consent.consent_id) <= (
            known.given_at,
            known.consent_id,
        )


def is_address_masked(recipient: personal.Recipient | None, *, numbered: bool) -> bool:
    """Tell if the address is left out of what is passed on: the register says protected, or was not heard."""
    return numbered if recipient is None else recipient.protected


@dataclass(frozen=True, slots=True)
class Restriction:
    """In force from `at` until it is lifted; in doubt, in force."""

    at: datetime | None = None
    lifted_at: datetime | None = None

    def set(self, at: datetime) -> "Restriction":
        return replace(self, at=max(at, self.at or at))

    def lifted(self, at: datetime) -> "Restriction":
        return replace(self, lifted_at=max(at, self.lifted_at or at))

    def in_force(self) -> bool:
        return self.at is not None and (self.lifted_at is None or self.at >= self.lifted_at)


@dataclass(frozen=True, slots=True)
class MergeState:
    """Which registration speaks for this one as well."""

    into: UUID | None = None
    at: datetime | None = None
    undone_at: datetime | None = None

    def merged(self, into: UUID, at: datetime) -> "MergeState":
        return self if self.at is not None and at <= self.at else replace(self, into=into, at=at)

    def undone(self, at: datetime) -> "MergeState":
        return replace(self, undone_at=max(at, self.undone_at or at))

    def stands(self) -> UUID | None:
        if self.at is None or (self.undone_at is not None and self.undone_at > self.at):
            return None
        return self.into


@dataclass(frozen=True, slots=True)
class PersonFacts:
    """What registration has told of a person, as far as passing on depends on it."""

    ledger: ConsentLedger = ConsentLedger()
    restricted: Restriction = Restriction()
    do_not_contact: Restriction = Restriction()
    merge: MergeState = MergeState()
    forgotten_at: datetime | None = None


NO_FACTS = PersonFacts()
