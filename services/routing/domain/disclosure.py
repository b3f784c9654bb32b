"""Whether a case may be disclosed: consent, restrictions, merges. The order of events does not matter.

A withdrawal ends every consent given before it, also a consent that is restated later.
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
    authorities: tuple[AuthorityId, ...] = ()  # empty: every responsible authority

    def covers(self, covered_by: Collection[AuthorityId]) -> bool:
        return names_one_of(self.authorities, covered_by)


@dataclass(frozen=True, slots=True)
class ConsentLedger:
    consent: RegistrationConsent | None = None  # the latest
    withdrawn_at: datetime | None = None  # the latest
    restated_at: datetime | None = None  # the restatement replaces consents given before it

    def with_given(self, consent: RegistrationConsent) -> "ConsentLedger":
        if self.restated_at is not None and consent.given_at <= self.restated_at:
            return self
        return self if self._knows_later(consent) else replace(self, consent=consent)

    def with_withdrawal(self, at: datetime) -> "ConsentLedger":
        return replace(self, withdrawn_at=max(at, self.withdrawn_at or at))

    def with_restatement(self, at: datetime, consent: RegistrationConsent | None) -> "ConsentLedger":
        if self.restated_at is not None and at <= self.restated_at:
            return self
        known = self.consent if self.consent and self.consent.given_at > at else consent
        return ConsentLedger(known, self.withdrawn_at, at)

    def unwithdrawn_consent(self) -> RegistrationConsent | None:
        """Return the consent unless it is withdrawn. It may have expired."""
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
    """Return whether the address is omitted: it is protected, or the register has not answered."""
    return numbered if recipient is None else recipient.protected


@dataclass(frozen=True, slots=True)
class RestrictionTimes:
    """In force from `at` until lifted. At equal times it is in force."""

    at: datetime | None = None
    lifted_at: datetime | None = None

    def with_start(self, at: datetime) -> "RestrictionTimes":
        return replace(self, at=max(at, self.at or at))

    def with_end(self, at: datetime) -> "RestrictionTimes":
        return replace(self, lifted_at=max(at, self.lifted_at or at))

    def in_force(self) -> bool:
        return self.at is not None and (self.lifted_at is None or self.at >= self.lifted_at)


@dataclass(frozen=True, slots=True)
class MergeState:
    """The registration that this one is merged into."""

    into: UUID | None = None
    at: datetime | None = None
    undone_at: datetime | None = None

    def with_merge(self, into: UUID, at: datetime) -> "MergeState":
        return self if self.at is not None and at <= self.at else replace(self, into=into, at=at)

    def with_unmerge(self, at: datetime) -> "MergeState":
        return replace(self, undone_at=max(at, self.undone_at or at))

    def active_target(self) -> UUID | None:
        if self.at is None or (self.undone_at is not None and self.undone_at > self.at):
            return None
        return self.into


@dataclass(frozen=True, slots=True)
class PersonFacts:
    """The facts about a person on which disclosure depends."""

    ledger: ConsentLedger = ConsentLedger()
    restricted: RestrictionTimes = RestrictionTimes()
    do_not_contact: RestrictionTimes = RestrictionTimes()
    merge: MergeState = MergeState()
    forgotten_at: datetime | None = None


NO_FACTS = PersonFacts()
