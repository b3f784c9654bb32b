"""Looking for people who were registered twice: whoever came or was corrected is compared with those before.

Every registration is compared once it is committed, with all that were committed before; so of two that come
at the same moment, the one compared last meets the other. Two processes that find one pair write it once.
"""

import asyncio
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

import asyncpg

from contracts.events.ids import IncidentId, RegistrationId
from contracts.events.personal import CONTACT, IDENTITY, ContactDetails, Identity
from contracts.rules.identity import IdentitySystem
from kit.privacy.sealing import DataKey
from kit.runtime.clock import Clock
from kit.runtime.ids import new_id
from services.registration.domain.name import words_of
from services.registration.domain.similarity import Likeness, Traits, compare, sought_birth_keys, street_of
from services.registration.metrics import DUPLICATES_CUT, DUPLICATES_FOUND
from services.registration.resources import Resources
from services.registration.store import duplicates, matching
from services.registration.store.blind_index import BlindIndex
from services.registration.store.duplicates import Proposal

_BATCH = 200  # registrations compared in one round
_STRETCH = 200  # opened or compared before others have the event loop: half a second's work in all
_CANDIDATES = 30  # looked at for one value: a telephone of more people belongs to a place, not to a person


@dataclass(frozen=True, slots=True)
class Opened:
    """A registration as it is compared."""

    id: RegistrationId
    person: RegistrationId  # who speaks for it
    incident_id: IncidentId
    traits: Traits


class DuplicateFinding:
    def __init__(self, resources: Resources, clock: Clock) -> None:
        self._resources = resources
        self._clock = clock

    async def unhurried_round(self) -> bool:
        """Compare one batch and rest: whoever is registered or routed meanwhile goes first."""
        await self.round()
        return False

    async def round(self) -> bool:
        async with self._resources.database.transaction() as session:
            seekers = await matching.to_compare(session, _BATCH)
        if not seekers:
            return False
        opened = await self._open(seekers)
        pairs = await self._candidates(opened)
        found = await self._compare(opened, pairs)
        async with self._resources.database.transaction() as session:
            await duplicates.propose(session, found, self._clock.now())
            await matching.mark_compared(session, seekers, self._clock.now())
        DUPLICATES_FOUND.inc(len(found))
        return len(seekers) == _BATCH

    async def _open(self, rows: Sequence[asyncpg.Record]) -> dict[RegistrationId, Opened]:
        """Open what can be: whoever is forgotten meanwhile is left out."""
        keys = await self._resources.keyring.read([row["id"] for row in rows])
        return {row["id"]: _opened(row, keys[row["id"]]) for row in rows if row["id"] in keys}

    async def _candidates(self, opened: Mapping[RegistrationId, Opened]) -> set[tuple[UUID, UUID]]:
        asked = [
            (one.id, one.person, one.incident_id, digest)
            for one in opened.values()
            for digest in _digests(self._resources.blind_index, one)
        ]
        if not asked:
            return set()
        async with self._resources.database.transaction() as session:
            rows = await matching.candidates(session, asked, _CANDIDATES + 1)
        met: dict[tuple[UUID, bytes], list[UUID]] = defaultdict(list)
        for row in rows:
            met[row["seeker"], row["digest"]].append(row["candidate"])
        DUPLICATES_CUT.inc(sum(len(found) > _CANDIDATES for found in met.values()))
        return {(seeker, one) for (seeker, _), found in met.items() for one in found[:_CANDIDATES]}

    async def _compare(
        self, opened: Mapping[RegistrationId, Opened], pairs: set[tuple[UUID, UUID]]
    ) -> list[Proposal]:
        others = list({RegistrationId(candidate) for _, candidate in pairs} - opened.keys())
        known = dict(opened)
        for start in range(0, len(others), _STRETCH):
            async with self._resources.database.transaction() as session:
                rows = await matching.registrations(session, others[start : start + _STRETCH])
            known |= await self._open(rows)
        found: list[Proposal] = []
        for number, (seeker, candidate) in enumerate(sorted(pairs), start=1):
            other = known.get(RegistrationId(candidate))
            proposal = _proposal(known[RegistrationId(seeker)], other) if other else None
            if proposal is not None:
                found.append(proposal)
            if number % _STRETCH == 0:
                await asyncio.sleep(0)
        return found


def _opened(row: asyncpg.Record, key: DataKey) -> Opened:
    identity = key.open(IDENTITY, row["identity"], Identity) if row["identity"] else Identity()
    contact = key.open(CONTACT, row["contact"], ContactDetails)
    return Opened(row["id"], row["person"], row["incident_id"], traits_of(identity, contact))


def traits_of(identity: Identity, contact: ContactDetails) -> Traits:
    return Traits(
        words=words_of(contact.name),
        phone=contact.phone,
        born=date.fromisoformat(identity.birth_date) if identity.birth_date else None,
        cprs=frozenset(one.value for one in identity.identifiers if one.system == IdentitySystem.CPR),
        streets=frozenset(filter(None, map(street_of, contact.addresses))),
    )


def _digests(blind: BlindIndex, one: Opened) -> list[bytes]:
    """Give what a registration like it is found by: a typo in either name or birth date is survived."""
    traits = one.traits
    digests = [blind.digest("name", " ".join(traits.words))]
    if traits.phone:
        digests.append(blind.digest("phone", traits.phone))
    if traits.born:
        digests.append(blind.born(one.incident_id, traits.born.isoformat()))
        digests += blind.named_and_born(one.incident_id, traits.words, sought_birth_keys(traits.born))
    return digests


def _proposal(one: Opened, other: Opened) -> Proposal | None:
    found = compare(one.traits, other.traits)
    if one.person == other.person or not found.proposed:
        return None
    return Proposal(new_id(), one.incident_id, one.person, other.person, found.score, found.reasons)


async def proposed_by_hand(
    resources: Resources, one: RegistrationId, other: RegistrationId, at: datetime
) -> UUID:
    """Write a pair that somebody named, with its likeness, whatever that is; give which it is."""
    async with resources.database.transaction() as session:
        rows = await matching.registrations(session, [one, other])
    keys = await resources.keyring.read([one, other])
    traits = [_opened(row, keys[row["id"]]).traits for row in rows if row["id"] in keys]
    found = compare(*traits) if len(traits) == 2 else Likeness(0.0, ())  # noqa: PLR2004 - a pair
    async with resources.database.transaction() as session:
        pair = Proposal(new_id(), rows[0]["incident_id"], one, other, found.score, found.reasons)
        await duplicates.propose(session, [pair], at)
        return await duplicates.between(session, one, other)
