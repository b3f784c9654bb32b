"""Propose two registrations as a possible duplicate."""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from contracts.events.ids import IncidentId, RegistrationId
from contracts.events.personal import CONTACT, IDENTITY, ContactDetails, Identity
from contracts.rules.identity import IdentitySystem
from kit.database.database import Session
from kit.privacy.sealing import DataKey
from kit.runtime.ids import new_id
from services.registration.domain.name import words_of
from services.registration.domain.similarity import Likeness, Reason, Traits, compare, street_of
from services.registration.resources import Resources
from services.registration.store import duplicate_candidates, duplicates
from services.registration.store.duplicate_candidates import ComparedRow
from services.registration.store.duplicates import Proposal


@dataclass(frozen=True, slots=True)
class ComparedRegistration:
    """A registration with the decrypted values that it is compared by."""

    id: RegistrationId
    person: RegistrationId  # the first registration of the person
    incident_id: IncidentId
    traits: Traits


def opened_registration(row: ComparedRow, key: DataKey) -> ComparedRegistration:
    identity = key.open(IDENTITY, row.identity, Identity) if row.identity else Identity()
    contact = key.open(CONTACT, row.contact, ContactDetails)
    return ComparedRegistration(row.id, row.person, row.incident_id, traits_of(identity, contact))


def traits_of(identity: Identity, contact: ContactDetails) -> Traits:
    return Traits(
        words=words_of(contact.name),
        phone=contact.phone,
        born=date.fromisoformat(identity.birth_date) if identity.birth_date else None,
        cprs=frozenset(one.value for one in identity.identifiers if one.system == IdentitySystem.CPR),
        streets=frozenset(filter(None, map(street_of, contact.addresses))),
    )


async def propose_same(
    session: Session, incident_id: IncidentId, one: RegistrationId, other: RegistrationId, at: datetime
) -> None:
    """Propose two people who have one ID number: two people decide whether they are the same person."""
    pair = Proposal(new_id(), incident_id, one, other, 1.0, (Reason.SAME_IDENTITY,))
    await duplicates.propose(session, [pair], at)


async def propose_pair(
    resources: Resources, one: RegistrationId, other: RegistrationId, at: datetime
) -> UUID:
    """Write a pair that a user named, whatever its similarity score. Return the id of the pair."""
    async with resources.database.transaction() as session:
        rows = await duplicate_candidates.registrations(session, [one, other])
    keys = await resources.keyring.read([one, other])
    traits = [opened_registration(row, keys[row.id]).traits for row in rows if row.id in keys]
    found = compare(*traits) if len(traits) == 2 else Likeness(0.0, ())  # noqa: PLR2004 - a pair
    async with resources.database.transaction() as session:
        pair = Proposal(new_id(), rows[0].incident_id, one, other, found.score, found.reasons)
        await duplicates.propose(session, [pair], at)
        return await duplicates.between(session, one, other)
