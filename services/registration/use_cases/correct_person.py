"""Correct a person. The correction belongs to the registration that was named; its former version is kept."""

from collections.abc import Collection
from dataclasses import dataclass, field

import asyncpg

from contracts.events.ids import IncidentId, RegistrationId
from contracts.events.personal import NOTE, Note
from kit.database.database import Session
from kit.privacy.sealing import DataKey
from kit.runtime.ids import new_id
from services.registration.domain.audit_stamp import AuditStamp
from services.registration.domain.correction import changes
from services.registration.domain.golden_record import said_of
from services.registration.domain.person import Particulars
from services.registration.events import EventSubject, person_corrected
from services.registration.resources import Resources
from services.registration.store import people, person_history, person_links
from services.registration.store.blind_index import BlindIndex
from services.registration.store.people import RegistrationRow
from services.registration.store.rows import particulars_of, particulars_row, seal_particulars
from services.registration.use_cases.emit_events import emit_person_events
from services.registration.use_cases.minor_consents import reevaluate
from services.registration.use_cases.publish_person import Keys, open_people, publish

_OF_AGE = frozenset({"birth_date", "age_band"})


class OtherPerson(LookupError):  # noqa: N818 - a state of the world, not a fault of the program
    """An identity value belongs to another registration of the incident. They may be one person."""

    def __init__(self, registration_id: RegistrationId) -> None:
        super().__init__("the identity value is another registration's")
        self.registration_id = registration_id


class BusyIdentity(LookupError):  # noqa: N818 - a state of the world, not a fault of the program
    """Another transaction is registering somebody with this identity value. Try again."""


@dataclass(frozen=True, slots=True)
class OwnCorrection:
    """A correction of one registration's own data. `fields`: what was said, also where it was so before."""

    registration_id: RegistrationId
    incident_id: IncidentId
    before: Particulars
    after: Particulars
    fields: Collection[str]
    why: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class GoldenCorrection:
    """A correction of what is published of a person."""

    before: Particulars
    after: Particulars
    fields: Collection[str]
    why: str = field(repr=False)


async def correct(
    session: Session,
    resources: Resources,
    person: RegistrationRow,
    new: Particulars,
    keys: Keys,
    stamp: AuditStamp,
    why: str,
    *,
    stated: Collection[str] = (),
) -> tuple[str, ...]:
    """Correct a person. Return the changed fields. Raise OtherPerson or BusyIdentity.

    `person`: the row of store.people.lock_person for the named registration. `keys`: those of all
    registrations of the person. `stated`: fields that the named registration is to hold, whether or not
    another one says the same already.
    """
    before = particulars_of(person, keys[person.id])
    changed = changes(before, new)
    if not changed and not (person.linked and stated):
        return ()
    await _move_claims(session, resources.blind_index, person, before, new)
    if person.linked:
        said = GoldenCorrection(before, new, {*changed, *stated}, why)
        return await _correct_linked(session, resources, person, said, keys, stamp)
    about, key = EventSubject.of(person), keys[person.id]
    own = OwnCorrection(person.id, about.incident_id, before, new, changed, why)
    await write_own(session, resources.blind_index, own, key, stamp)
    sealed = seal_particulars(new, key)
    await emit_person_events(session, [person_corrected(about, new, sealed, changed, stamp.at)])
    if not _OF_AGE.isdisjoint(changed):
        await reevaluate(session, resources, about, new, stamp)
    return changed


async def _correct_linked(
    session: Session,
    resources: Resources,
    person: RegistrationRow,
    said: GoldenCorrection,
    keys: Keys,
    stamp: AuditStamp,
) -> tuple[str, ...]:
    """Correct the named registration by what was said of the golden record, and publish that again."""
    named = person.addressed
    opened = (await open_people(session, resources, [person.id], keys))[person.id]
    held = opened.registrations[named].own
    own, fields = said_of(held, said.before, said.after, said.fields)
    if own == held and not changes(said.before, said.after):
        return ()
    correction = OwnCorrection(named, person.incident_id, held, own, sorted(fields), said.why)
    await write_own(session, resources.blind_index, correction, keys[named], stamp)
    opened = opened.corrected(named, own, fields, stamp.at)
    changed = await publish(session, resources, [(opened, said.before)], keys, stamp)
    await person_links.mark_published(session, [person.id], list(opened.registrations), stamp.at)
    return changed[person.id]


async def write_own(
    session: Session, blind: BlindIndex, correction: OwnCorrection, key: DataKey, stamp: AuditStamp
) -> None:
    """Write the own data of a registration, and keep the former version."""
    registration_id, after = correction.registration_id, correction.after
    await _move_index(session, blind, correction)
    sealed_why = key.seal(NOTE, Note(correction.why))
    await person_history.keep_version(
        session, new_id(), registration_id, list(correction.fields), stamp.at, stamp.by, sealed_why
    )
    row = particulars_row(after, seal_particulars(after, key))
    await people.update_particulars(session, registration_id, row)


async def _move_claims(
    session: Session, blind: BlindIndex, person: RegistrationRow, before: Particulars, new: Particulars
) -> None:
    old, now = set(blind.claims(before.identity)), set(blind.claims(new.identity))
    for value in sorted(now - old):
        holder = await claim(session, person, value)
        if holder != person.id:
            raise OtherPerson(holder)
    await people.release_claims(session, person.id, old - now)


async def claim(session: Session, person: RegistrationRow, value: bytes) -> RegistrationId:
    """ClaimRow a value for a person. Return the person who holds it. Raise BusyIdentity."""
    holder = None
    while holder is None:  # once, unless a person is erased at the same time
        await _claim(session, person, value)
        holder = await people.holder(session, person.incident_id, value)
    return holder


async def _claim(session: Session, person: RegistrationRow, value: bytes) -> None:
    """ClaimRow a value. Do not wait for a concurrent registration: it may wait for our row."""
    try:
        await people.claim_soon(session, person.incident_id, value, person.addressed)
    except asyncpg.LockNotAvailableError:
        raise BusyIdentity from None


async def _move_index(session: Session, blind: BlindIndex, correction: OwnCorrection) -> None:
    registration_id = correction.registration_id
    old, now = (
        set(blind.entries(correction.incident_id, one)) for one in (correction.before, correction.after)
    )
    if old - now:
        await people.remove_from_index(session, registration_id, old - now)
    if now - old:
        await people.add_to_index(session, registration_id, now - old)
