"""Whoever is registered twice lends the first registration what it lacks: a telephone, a number, a concern.

Registering only recognises them, since it must be quick; this follows at once, and a crash only delays it.
"""

from collections.abc import Collection, Mapping
from uuid import UUID

import msgspec

from contracts.events.ids import RegistrationId
from contracts.events.personal import Identifier
from contracts.events.vocabulary import RegistrationPlace
from kit.database.database import Session
from kit.privacy.sealing import DataKey
from kit.runtime.clock import Clock
from kit.runtime.ids import new_id
from services.registration.domain.age import LOCAL
from services.registration.domain.audit_stamp import AuditStamp
from services.registration.domain.correction import OF_GUARDIAN
from services.registration.domain.duplicate_review import giving_way, grown, lacking
from services.registration.domain.person import Particulars
from services.registration.domain.similarity import Reason
from services.registration.resources import Resources
from services.registration.store import duplicates, golden_record, people, person_history
from services.registration.store.duplicates import Proposal
from services.registration.store.people import RegistrationRow
from services.registration.store.rows import particulars_of
from services.registration.use_cases.correct_person import correct
from services.registration.use_cases.minor_consents import reevaluate

_BATCH = 200  # repeats looked at in one round


def lent_by(repeat: RegistrationId) -> str:
    """Give the reason that a version of the first has; split_person.py finds by it what to give back."""
    return f"registered again, as registration {repeat}"


class Growing:
    def __init__(self, resources: Resources, clock: Clock) -> None:
        self._resources = resources
        self._clock = clock

    async def round(self) -> bool:
        async with self._resources.database.transaction() as session:
            fresh = await golden_record.fresh_repeats(session, _BATCH)
        if not fresh:
            return False
        repeats = sorted(row["id"] for row in fresh)
        owners = {*repeats, *(row["repeat_of"] for row in fresh)}
        keys = await self._resources.keyring.read(owners)
        async with self._resources.database.transaction() as session:
            rows = await people.lock_registrations(session, [one for one in owners if one in keys])
            decided = await golden_record.merged_with_others(session, owners)
            for one in repeats:
                if one in rows and _may_lend(rows[one], rows, decided):
                    await self._lend(session, rows[one], keys)
            await golden_record.mark_lent(session, repeats, self._clock.now())
        return len(fresh) == _BATCH

    async def _lend(self, session: Session, repeat: RegistrationRow, keys: Mapping[UUID, DataKey]) -> None:
        first = await people.lock_person(session, repeat["repeat_of"])
        if first is None:
            return
        key, other = keys[first["id"]], particulars_of(repeat, keys[repeat["id"]])
        if first["place"] == RegistrationPlace.SELF:
            first = await self._heard_by_the_office(session, first, other, key, repeat)
        stamp = AuditStamp(self._clock.now(), repeat["registered_by"])
        own = particulars_of(first, key)
        gained = lacking(own, other, stamp.at.astimezone(LOCAL).date())
        free = [one for one in gained.identifiers if await self._is_free(session, first, one, stamp)]
        gained = msgspec.structs.replace(gained, identifiers=tuple(free))
        held = grown(own, gained)
        await correct(session, self._resources, first, held, key, stamp, lent_by(repeat["id"]))
        await reevaluate(session, self._resources, first, held, stamp)

    async def _heard_by_the_office(
        self,
        session: Session,
        first: RegistrationRow,
        other: Particulars,
        key: DataKey,
        repeat: RegistrationRow,
    ) -> RegistrationRow:
        """Let what anybody can have written on the public page give way to what was told to the office.

        Once: whatever was lent or corrected since is the office's own.
        """
        versions = await person_history.versions(session, first["id"])
        if any(not OF_GUARDIAN.issuperset(version["changed"]) for version in versions):
            return first
        stamp = AuditStamp(self._clock.now(), repeat["registered_by"])
        why = f"said by themselves, and otherwise in registration {repeat['id']}"
        held = giving_way(particulars_of(first, key), other)
        await correct(session, self._resources, first, held, key, stamp, why)
        return await people.lock_person(session, first["id"]) or first

    async def _is_free(
        self, session: Session, first: RegistrationRow, number: Identifier, stamp: AuditStamp
    ) -> bool:
        """Return if nobody else holds a number; whoever does may be the same person, for people to decide."""
        value = self._resources.blind_index.identifier(number)
        holder = await people.holder(session, first["incident_id"], value)
        if holder in {None, first["id"]}:
            return True
        pair = Proposal(new_id(), first["incident_id"], first["id"], holder, 1.0, (Reason.SAME_IDENTITY,))
        await duplicates.propose(session, [pair], stamp.at)
        return False


def _may_lend(
    repeat: RegistrationRow, rows: Mapping[RegistrationId, RegistrationRow], decided: Collection[UUID]
) -> bool:
    """Return whether a registration may add to the first: one that anybody could write of another may not.

    `decided`: who speaks for somebody by people's decision. Undone, it must give back what came with it.
    """
    first = rows.get(repeat["repeat_of"])
    return (
        first is not None
        and first["id"] not in decided
        and first["forgotten_at"] is None
        and first["repeat_of"] is None
        and repeat["place"] != RegistrationPlace.SELF
    )
