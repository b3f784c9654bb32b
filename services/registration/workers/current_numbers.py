"""Adopt current CPR numbers. Two registrations with the same current number are one person.

The keyring is read between two transactions, never within one. If a row changes in between, try again.
"""

from collections.abc import Mapping
from typing import Final
from uuid import UUID

from contracts.events.ids import RegistrationId
from contracts.events.personal import CONTACT, IDENTITY, ContactDetails, Identity
from kit.database.database import Session
from kit.privacy.sealing import DataKey
from kit.runtime.clock import Clock
from kit.runtime.ids import new_id
from services.registration.domain.audit_stamp import AuditStamp
from services.registration.domain.duplicate_review import DuplicateState
from services.registration.domain.identity_match import names_agree
from services.registration.domain.similarity import Reason
from services.registration.resources import Resources
from services.registration.store import duplicates, learned_numbers, people, person_links
from services.registration.store.duplicates import Proposal
from services.registration.store.learned_numbers import LearnedNumber
from services.registration.store.people import RegistrationRow
from services.registration.use_cases.correct_person import BusyIdentity, claim
from services.registration.use_cases.link_person import link
from services.registration.use_cases.publish_person import UnitOfWork

_BATCH: Final = 100
BY: Final = "CPR-registeret"  # the actor in the list of decisions
_SAME: Final = (Reason.SAME_IDENTITY,)
_UNDECIDED: Final = frozenset({DuplicateState.OPEN, DuplicateState.SUGGESTED})


class CurrentNumbers:
    def __init__(self, resources: Resources, clock: Clock) -> None:
        self._resources = resources
        self._clock = clock

    async def round(self) -> bool:
        async with self._resources.database.transaction() as session:
            rows = await learned_numbers.waiting(session, _BATCH)
        keys = await self._resources.keyring.read([row.registration_id for row in rows]) if rows else {}
        adopted = [await self._adopt(row, keys.get(row.registration_id)) for row in rows]
        return len(rows) == _BATCH and all(adopted)

    async def _adopt(self, row: LearnedNumber, key: DataKey | None) -> bool:
        """Return whether the number is adopted. It waits while someone registers with that number."""
        identity = key.open(IDENTITY, row.number, Identity) if key else Identity()
        for value in self._resources.blind_index.claims(identity):
            try:
                holder = await self._claimed(row.registration_id, value)
                if holder is not None and not await self._join(row.registration_id, holder, value):
                    return False
            except BusyIdentity:
                return False
        async with self._resources.database.transaction() as session:
            await learned_numbers.done(session, row.registration_id, row.learned_at)
        return True

    async def _claimed(self, registration_id: RegistrationId, value: bytes) -> RegistrationId | None:
        """Claim a value for a person. Return another holder, or None. Raise BusyIdentity."""
        async with self._resources.database.transaction() as session:
            person = await people.lock_person(session, registration_id)
            if person is None or person.forgotten_at is not None:
                return None
            holder = await claim(session, person, value)
            return None if holder == person.id else holder

    async def _join(self, registration_id: RegistrationId, holder: RegistrationId, value: bytes) -> bool:
        """Merge two people with one current number, or propose the pair. False: try again."""
        async with self._resources.database.transaction() as session:
            owners = await person_links.owners(session, [registration_id, holder])
        keys = await self._resources.keyring.read([one.id for one in owners])
        async with self._resources.database.transaction() as session:
            pair = await _lock_pair(session, registration_id, holder, value)
            if len(pair) < 2 or not keys.keys() >= pair.keys():  # noqa: PLR2004 - one has changed meanwhile
                return False
            at = await people.record_time(session, list(pair), await session.read_time(self._clock))
            await self._decide(session, pair, keys, AuditStamp(at, BY))
        return True

    async def _decide(
        self,
        session: Session,
        pair: Mapping[RegistrationId, RegistrationRow],
        keys: Mapping[UUID, DataKey],
        stamp: AuditStamp,
    ) -> None:
        """Merge by the rule of an identical number, unless the names differ or people decided otherwise."""
        one, other = pair
        known = await duplicates.state_between(session, one, other)
        agree = await _names_agree(session, pair, keys)
        reasons = _SAME if agree else (*_SAME, Reason.OTHER_NAME)
        if (
            known is None or Reason.SAME_IDENTITY not in known.reasons
        ):  # otherwise the pair is known or decided
            incident_id = pair[one].incident_id
            await duplicates.propose(
                session, [Proposal(new_id(), incident_id, one, other, 1.0, reasons)], stamp.at
            )
        if not agree or (known is not None and DuplicateState(known.state) not in _UNDECIDED):
            return
        duplicate_id = await duplicates.between(session, one, other)
        await duplicates.lock_duplicate(session, duplicate_id)
        await link(UnitOfWork(session, self._resources, keys, stamp), duplicate_id, list(pair))
        await duplicates.record_step(
            session, new_id(), duplicate_id, DuplicateState.MERGED.value, None, stamp.at, stamp.by, None
        )


async def _lock_pair(
    session: Session, registration_id: RegistrationId, holder: RegistrationId, value: bytes
) -> dict[RegistrationId, RegistrationRow]:
    """Lock the two first registrations. Return fewer than two if one has changed."""
    speaker = await people.person(session, registration_id)
    rows = await people.lock_registrations(session, [holder, *([speaker.id] if speaker else [])])
    whole = [row for row in rows.values() if row.forgotten_at is None and row.repeat_of is None]
    holds = bool(whole) and await people.holder(session, whole[0].incident_id, value) == holder
    return {row.id: row for row in whole} if holds else {}


async def _names_agree(
    session: Session, pair: Mapping[RegistrationId, RegistrationRow], keys: Mapping[UUID, DataKey]
) -> bool:
    """Return whether any name of one person agrees with any name of the other, repeats included."""
    names: dict[RegistrationId, list[str]] = {one: [] for one in pair}
    for row in await people.contacts(session, pair.keys()):
        if row.id in keys:
            names[row.person].append(keys[row.id].open(CONTACT, row.contact, ContactDetails).name)
    own, others = names.values()
    return any(names_agree(name, other) for name in own for other in others)
