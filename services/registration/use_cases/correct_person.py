"""Correct a person: store the former version and emit the change."""

import asyncpg

from contracts.events.ids import RegistrationId
from contracts.events.personal import NOTE, Note
from kit.database.database import Session
from kit.privacy.sealing import DataKey
from kit.runtime.ids import new_id
from services.registration.domain.audit_stamp import AuditStamp
from services.registration.domain.correction import changes
from services.registration.domain.person import Particulars
from services.registration.events import person_corrected
from services.registration.resources import Resources
from services.registration.store import people, person_history
from services.registration.store.blind_index import BlindIndex
from services.registration.store.people import RegistrationRow
from services.registration.store.rows import particulars_of, particulars_row, seal_particulars
from services.registration.use_cases.emit_events import emit_person_events
from services.registration.use_cases.minor_consents import reevaluate

_OF_AGE = frozenset({"birth_date", "age_band"})


class OtherPerson(LookupError):  # noqa: N818 - a state of the world, not a fault of the program
    """An identity value belongs to another registration of the incident. They may be one person."""

    def __init__(self, registration_id: RegistrationId) -> None:
        super().__init__("the identity value is another registration's")
        self.registration_id = registration_id


class BusyIdentity(LookupError):  # noqa: N818 - a state of the world, not a fault of the program
    """Another transaction is registering somebody with this identity value. Try again."""


async def correct(
    session: Session,
    resources: Resources,
    person: RegistrationRow,
    new: Particulars,
    key: DataKey,
    stamp: AuditStamp,
    why: str,
    *,
    addressed: RegistrationId | None = None,
) -> tuple[str, ...]:
    """Correct a person. Return the changed fields. Raise OtherPerson or BusyIdentity.

    `person`: the locked row of store.people.lock_person. `key`: its key.
    `addressed`: the registration that a user named.
    """
    registration_id: RegistrationId = person["id"]
    before = particulars_of(person, key)
    changed = changes(before, new)
    if not changed:
        return ()
    await _move_claims(session, resources.blind_index, person, before, new)
    await _move_index(session, resources.blind_index, person, before, new)
    sealed_why = key.seal(NOTE, Note(why))
    await person_history.keep_version(
        session, new_id(), registration_id, changed, stamp.at, stamp.by, sealed_why, addressed
    )
    sealed = seal_particulars(new, key)
    await people.update_particulars(session, registration_id, particulars_row(new, sealed))
    await emit_person_events(session, [person_corrected(person, new, sealed, changed, stamp.at)])
    if not _OF_AGE.isdisjoint(changed):
        await reevaluate(session, resources, person, new, stamp)
    return changed


async def _move_claims(
    session: Session, blind: BlindIndex, person: RegistrationRow, before: Particulars, new: Particulars
) -> None:
    old, now = set(blind.claims(before.identity)), set(blind.claims(new.identity))
    for value in sorted(now - old):
        holder = await claim(session, person, value)
        if holder != person["id"]:
            raise OtherPerson(holder)
    await people.release_claims(session, person["id"], old - now)


async def claim(session: Session, person: RegistrationRow, value: bytes) -> RegistrationId:
    """Claim a value for a person. Return its holder. Raise BusyIdentity."""
    holder = None
    while holder is None:  # once, unless a person is erased at the same time
        await _claim(session, person, value)
        holder = await people.holder(session, person["incident_id"], value)
    return holder


async def _claim(session: Session, person: RegistrationRow, value: bytes) -> None:
    """Claim a value. Do not wait for a concurrent registration: it may wait for our row."""
    try:
        await people.claim_soon(session, person["incident_id"], value, person["id"])
    except asyncpg.LockNotAvailableError:
        raise BusyIdentity from None


async def _move_index(
    session: Session, blind: BlindIndex, person: RegistrationRow, before: Particulars, new: Particulars
) -> None:
    old, now = (set(blind.entries(person["incident_id"], one)) for one in (before, new))
    await people.remove_from_index(session, person["id"], old - now)
    await people.add_to_index(session, person["id"], now - old)
