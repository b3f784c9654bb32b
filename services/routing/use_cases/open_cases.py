"""Open the sealed data of claimed cases. The opened data is discarded with the batch."""

from dataclasses import dataclass, field, replace
from uuid import UUID

import msgspec

from contracts.events import personal
from contracts.events.ids import AuthorityId
from contracts.events.vocabulary import AgeBand
from contracts.rules.identity import IdentitySystem
from kit.privacy.sealing import DataKey, Unopenable
from services.routing.domain.handover import CaseRef
from services.routing.domain.recipient import ConsentingGuardian
from services.routing.domain.register_entry import CprStatus
from services.routing.store.home_cases import DueCase


@dataclass(frozen=True, slots=True)
class ClaimedCase:
    case_ref: CaseRef
    epoch: int
    tries: int
    ruled: AuthorityId | None  # the authority an official chose
    decided: bool  # at least once before
    facts_changed: bool = False  # since an official decided
    ruled_event: bool = False  # chosen as the event authority
    death_overruled: bool = False  # the register reported a death, and an official chose an authority
    refused: bool = False  # by the home authority, and not decided again since


@dataclass(frozen=True, slots=True)
class OpenedCase:
    claim: ClaimedCase
    age_band: AgeBand
    identity: personal.Identity | None = field(repr=False)
    addresses: tuple[personal.Address, ...] = field(repr=False)
    key: DataKey = field(repr=False)
    consenting: ConsentingGuardian | None = field(default=None, repr=False)

    def has_cpr_number(self) -> bool:
        numbers = self.identity.identifiers if self.identity else ()
        return any(number.system == IdentitySystem.CPR for number in numbers)


@dataclass(frozen=True, slots=True)
class ForgottenCase:
    claim: ClaimedCase


@dataclass(frozen=True, slots=True)
class UnreadableCase:
    """The sealed data does not open with the person's key, or does not decode."""

    claim: ClaimedCase


def open_case(row: DueCase, keys: dict[UUID, DataKey]) -> OpenedCase | ForgottenCase | UnreadableCase:
    case_ref = CaseRef(row.incident_id, row.registration_id, row.exercise)
    claim = ClaimedCase(
        case_ref,
        row.epoch,
        row.tries,
        row.ruled,
        decided=row.decided_on is not None,
        facts_changed=row.facts_changed,
        ruled_event=row.ruled_event,
        refused=row.refused,
    )
    key = keys.get(case_ref.registration_id)
    if key is None:
        return ForgottenCase(claim)
    try:
        identity = key.open(personal.IDENTITY, row.identity, personal.Identity) if row.identity else None
        contact = key.open(personal.CONTACT, row.contact, personal.ContactDetails)
        sealed = row.recipient if claim.ruled is not None else None
        known = key.open(personal.RECIPIENT, sealed, personal.Recipient) if sealed is not None else None
    except (Unopenable, msgspec.MsgspecError):
        return UnreadableCase(claim)
    if known is not None:
        claim = replace(claim, death_overruled=known.register_status == f"{CprStatus.DEAD:02}")
    consenting = ConsentingGuardian(contact.guardian, contact.guardian_cpr) if contact.guardian else None
    return OpenedCase(claim, AgeBand(row.age_band), identity, contact.addresses, key, consenting)
