"""Correct a person. The correction belongs to the registration that was named; its former version is kept."""

from collections.abc import Collection
from dataclasses import dataclass, field, replace

import asyncpg

from contracts.events.ids import RegistrationId
from contracts.events.personal import NOTE, Note
from kit.database.database import Session
from kit.runtime.ids import new_id
from services.registration.domain.correction import changes
from services.registration.domain.golden_record import said_of
from services.registration.domain.person import Particulars
from services.registration.events import EventSubject, person_corrected
from services.registration.store import people, person_history, person_links
from services.registration.store.people import RegistrationRow
from services.registration.store.rows import particulars_of, particulars_row, seal_particulars
from services.registration.use_cases.emit_events import emit_person_events
from services.registration.use_cases.minor_consents import reevaluate
from services.registration.use_cases.publish_person import UnitOfWork, open_people, publish

_OF_AGE = frozenset({"birth_date", "age_band"})


class OtherPerson(LookupError):  # noqa: N818 - a state of the world, not a fault of the program
    """An identity value belongs to another registration of the incident. They may be one person."""

    def __init__(self, registration_id: RegistrationId) -> None:
        super().__init__("the identity value is another registration's")
        self.registration_id = registration_id


class BusyIdentity(LookupError):  # noqa: N818 - a state of the world, not a fault of the program
    """Another transaction is registering somebody with this identity value. Try again."""


@dataclass(frozen=True, slots=True)
class Correction:
    """A correction of a person or a registration. `fields`: what was said, also where it was so before."""

    before: Particulars
    after: Particulars
    fields: Collection[str]
    why: str = field(repr=False)


async def correct(
    work: UnitOfWork, person: RegistrationRow, new: Particulars, why: str, *, stated: Collection[str] = ()
) -> tuple[str, ...]:
    """Correct a person. Return the changed fields. Raise OtherPerson or BusyIdentity.

    `person`: the row of store.people.lock_person for the named registration. `stated`: fields that the named
    registration is to hold, whether or not another one says the same already.
    """
    before = particulars_of(person, work.keys[person.id])
    changed = changes(before, new)
    if not changed and not (person.linked and stated):
        return ()
    await _move_claims(work, person, before, new)
    if person.linked:
        return await _correct_linked(work, person, Correction(before, new, {*changed, *stated}, why))
    about = EventSubject.of(person)
    await write_own(work, about, Correction(before, new, changed, why))
    sealed = seal_particulars(new, work.keys[person.id])
    await emit_person_events(work.session, [person_corrected(about, new, sealed, changed, work.stamp.at)])
    if not _OF_AGE.isdisjoint(changed):
        await reevaluate(work.session, work.resources, about, new, work.stamp)
    return changed


async def _correct_linked(work: UnitOfWork, person: RegistrationRow, said: Correction) -> tuple[str, ...]:
    """Correct the named registration by what was said of the golden record, and publish that again."""
    named, at = person.addressed, work.stamp.at
    opened = (await open_people(work, [person.id]))[person.id]
    held = opened.registrations[named].own
    own, fields = said_of(held, said.before, said.after, said.fields)
    if own == held and not changes(said.before, said.after):
        return ()
    about = replace(opened.subject, registration_id=named)
    await write_own(work, about, Correction(held, own, sorted(fields), said.why))
    opened = opened.corrected(named, own, fields, at)
    changed = await publish(work, [(opened, said.before)])
    await person_links.mark_published(work.session, [person.id], list(opened.registrations), at)
    return changed[person.id]


async def write_own(work: UnitOfWork, about: EventSubject, correction: Correction) -> None:
    """Write the own data of a registration, and keep the former version."""
    session, registration_id, after = work.session, about.registration_id, correction.after
    key, stamp = work.keys[registration_id], work.stamp
    await _move_index(work, about, correction)
    why = key.seal(NOTE, Note(correction.why))
    await person_history.keep_version(
        session, new_id(), registration_id, list(correction.fields), stamp.at, stamp.by, why
    )
    row = particulars_row(after, seal_particulars(after, key))
    await people.update_particulars(session, registration_id, row)


async def _move_claims(
    work: UnitOfWork, person: RegistrationRow, before: Particulars, new: Particulars
) -> None:
    blind = work.resources.blind_index
    old, now = set(blind.claims(before.identity)), set(blind.claims(new.identity))
    for value in sorted(now - old):
        holder = await claim(work.session, person, value)
        if holder != person.id:
            raise OtherPerson(holder)
    await people.release_claims(work.session, person.id, old - now)


async def claim(session: Session, person: RegistrationRow, value: bytes) -> RegistrationId:
    """Claim a value for a person. Return the person who holds it. Raise BusyIdentity."""
    holder = None
    while holder is None:  # once, unless a person is erased at the same time
        await _claim(session, person, value)
        holder = await people.holder(session, person.incident_id, value)
    return holder


async def _claim(session: Session, person: RegistrationRow, value: bytes) -> None:
    """Claim a value. Do not wait for a concurrent registration: it may wait for our row."""
    try:
        await people.claim_soon(session, person.incident_id, value, person.addressed)
    except asyncpg.LockNotAvailableError:
        raise BusyIdentity from None


async def _move_index(work: UnitOfWork, about: EventSubject, correction: Correction) -> None:
    entries, registration_id = work.resources.blind_index.entries, about.registration_id
    old = set(entries(about.incident_id, correction.before))
    now = set(entries(about.incident_id, correction.after))
    if old - now:
        await people.remove_from_index(work.session, registration_id, old - now)
    if now - old:
        await people.add_to_index(work.session, registration_id, now - old)
