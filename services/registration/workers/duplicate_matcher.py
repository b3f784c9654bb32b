"""Find duplicates: compare each new or corrected registration with the earlier ones.

A registration is compared after its commit with all committed registrations. Of two concurrent ones, the one
compared last finds the other. Two processes that find the same pair write it once.
"""

import asyncio
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import timedelta
from uuid import UUID

from contracts.events.ids import RegistrationId
from kit.runtime.clock import Clock
from kit.runtime.ids import new_id
from services.registration.domain.similarity import compare, sought_birth_keys, worth_proposing
from services.registration.metrics import DUPLICATES_CUT, DUPLICATES_FOUND
from services.registration.resources import Resources
from services.registration.store import duplicate_candidates, duplicates, imports
from services.registration.store.blind_index import BlindIndex
from services.registration.store.duplicate_candidates import ComparedRow
from services.registration.store.duplicates import Proposal
from services.registration.use_cases.propose_duplicate import ComparedRegistration, opened_registration

_BATCH = 200  # registrations compared in one round
_STRETCH = 200  # decrypted or compared before yielding to the event loop
_CANDIDATES = 30  # per value; a telephone of more people belongs to a place, not to a person
_LONGEST_IMPORT = timedelta(minutes=30)  # the search for duplicates does not wait longer


class DuplicateMatcher:
    def __init__(self, resources: Resources, clock: Clock) -> None:
        self._resources = resources
        self._clock = clock

    async def unhurried_round(self) -> bool:
        """Compare one batch, then pause so that registration and routing go first.

        While a file is imported, its rows are only registered. They are compared after it.
        """
        async with self._resources.database.transaction() as session:
            importing = await imports.is_importing(session, _LONGEST_IMPORT)
        if not importing:
            await self.round()
        return False

    async def round(self) -> bool:
        async with self._resources.database.transaction() as session:
            seekers = await duplicate_candidates.to_compare(session, _BATCH)
        if not seekers:
            return False
        opened = await self._open(seekers)
        pairs = await self._candidates(opened)
        found = await self._compare(opened, pairs)
        async with self._resources.database.transaction() as session:
            await duplicates.propose(session, found, self._clock.now())
            await duplicate_candidates.mark_compared(session, seekers, self._clock.now())
        DUPLICATES_FOUND.inc(len(found))
        return len(seekers) == _BATCH

    async def _open(self, rows: Sequence[ComparedRow]) -> dict[RegistrationId, ComparedRegistration]:
        """Decrypt the registrations. Leave out those erased meanwhile."""
        keys = await self._resources.keyring.read([row.id for row in rows])
        return {row.id: opened_registration(row, keys[row.id]) for row in rows if row.id in keys}

    async def _candidates(
        self, opened: Mapping[RegistrationId, ComparedRegistration]
    ) -> set[tuple[UUID, UUID]]:
        asked = [
            (one.id, one.person, one.incident_id, digest)
            for one in opened.values()
            for digest in _digests(self._resources.blind_index, one)
        ]
        if not asked:
            return set()
        async with self._resources.database.transaction() as session:
            rows = await duplicate_candidates.candidates(session, asked, _CANDIDATES + 1)
        met: dict[tuple[UUID, bytes], list[UUID]] = defaultdict(list)
        for row in rows:
            met[row.seeker, row.digest].append(row.candidate)
        DUPLICATES_CUT.inc(sum(len(found) > _CANDIDATES for found in met.values()))
        return {(seeker, one) for (seeker, _), found in met.items() for one in found[:_CANDIDATES]}

    async def _compare(
        self, opened: Mapping[RegistrationId, ComparedRegistration], pairs: set[tuple[UUID, UUID]]
    ) -> list[Proposal]:
        others = list({RegistrationId(candidate) for _, candidate in pairs} - opened.keys())
        known = dict(opened)
        for start in range(0, len(others), _STRETCH):
            async with self._resources.database.transaction() as session:
                rows = await duplicate_candidates.registrations(session, others[start : start + _STRETCH])
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


def _digests(blind: BlindIndex, one: ComparedRegistration) -> list[bytes]:
    """Return the digests by which similar registrations are found, despite a typo in name or birth date."""
    traits = one.traits
    digests = [blind.digest("name", " ".join(traits.words))]
    if traits.phone:
        digests.append(blind.digest("phone", traits.phone))
    if traits.born:
        digests.append(blind.born(one.incident_id, traits.born.isoformat()))
        digests += blind.named_and_born(one.incident_id, traits.words, sought_birth_keys(traits.born))
    return digests


def _proposal(one: ComparedRegistration, other: ComparedRegistration) -> Proposal | None:
    if one.person == other.person or not worth_proposing(one.traits, other.traits):
        return None
    found = compare(one.traits, other.traits)
    return Proposal(new_id(), one.incident_id, one.person, other.person, found.score, found.reasons)
