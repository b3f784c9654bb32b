"""Publish the golden record: store it, sealed with the first registration's key, and emit changes."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final
from uuid import UUID

from contracts.events.ids import RegistrationId
from contracts.events.personal import Identifier
from contracts.events.registration import PersonCorrected
from contracts.events.vocabulary import AgeBand, RegistrationPlace
from kit.database.database import Session
from kit.privacy.sealing import DataKey
from services.registration.domain.audit_stamp import AuditStamp
from services.registration.domain.combined_consents import Fact, consent_sources
from services.registration.domain.correction import changes, numbers_of, with_numbers
from services.registration.domain.golden_record import LinkedRegistration, golden_record
from services.registration.domain.person import Particulars
from services.registration.events import EventSubject, person_corrected
from services.registration.resources import Resources
from services.registration.store import consents, people, person_links
from services.registration.store.people import ClaimRow
from services.registration.store.person_links import LinkedRow
from services.registration.store.rows import particulars_of, particulars_row, seal_particulars
from services.registration.use_cases.emit_events import emit_person_events
from services.registration.use_cases.minor_consents import reevaluate
from services.registration.use_cases.propose_duplicate import propose_same

Keys = Mapping[UUID, DataKey]


@dataclass(frozen=True, slots=True)
class UnitOfWork:
    """A transaction that changes people. It holds their first registrations, and `keys` are all of theirs."""

    session: Session
    resources: Resources
    keys: Keys
    stamp: AuditStamp


_BY: Final = "registration"


@dataclass(frozen=True, slots=True)
class OpenedPerson:
    """A person with their decrypted registrations.

    `guardian_of`: as for golden_record. `claims`: who holds the ID numbers, also those of other people.
    """

    id: RegistrationId
    rows: Mapping[RegistrationId, LinkedRow]
    registrations: Mapping[RegistrationId, LinkedRegistration]
    guardian_of: Sequence[RegistrationId] = ()
    claims: Mapping[Identifier, ClaimRow] = field(default_factory=dict)

    @property
    def subject(self) -> EventSubject:
        row = self.rows[self.id]
        return EventSubject(row.incident_id, row.id, row.exercise)

    @property
    def complete(self) -> bool:
        """Return False if a registration was linked meanwhile, whose key is not known."""
        return self.registrations.keys() == self.rows.keys()

    @property
    def names_guardian(self) -> bool:
        return any(one.own.contact.guardian for one in self.registrations.values())

    @property
    def data(self) -> Particulars:
        return golden_record(self.registrations.values(), self.guardian_of).data

    @property
    def published(self) -> Particulars:
        """Return the golden record without the registrations that are not published yet."""
        return self.only(
            {one for one in self.registrations if one == self.id or self.rows[one].published}
        ).data

    def guarded(self, facts: Collection[Fact]) -> "OpenedPerson":
        """Return the person with the guardian that these consents name."""
        staff = {one.id for one in self.registrations.values() if one.by_staff}
        return replace(self, guardian_of=consent_sources(facts, staff))

    def only(self, ids: Collection[RegistrationId], first: RegistrationId | None = None) -> "OpenedPerson":
        """Return some of the registrations as a person."""
        own = {one: registration for one, registration in self.registrations.items() if one in ids}
        if first is not None:
            own[first] = replace(own[first], linked_to=None, linked_at=None, matched=False)
        return replace(self, id=first or self.id, registrations=own)

    def corrected(
        self, named: RegistrationId, own: Particulars, fields: Iterable[str], at: datetime
    ) -> "OpenedPerson":
        one = self.registrations[named]
        one = replace(one, own=own, corrected={**one.corrected, **dict.fromkeys(fields, at)})
        return replace(self, registrations={**self.registrations, named: one})

    def under(self, away: RegistrationId) -> set[RegistrationId]:
        """Return a registration and those that are linked to it, directly or through another one."""
        found, before = {away}, 0
        while len(found) > before:
            before = len(found)
            found |= {one.id for one in self.registrations.values() if one.linked_to in found}
        return found


async def open_people(
    work: UnitOfWork, firsts: Collection[RegistrationId]
) -> dict[RegistrationId, OpenedPerson]:
    """Load and decrypt people. A registration without a key was linked meanwhile, and is left out."""
    session = work.session
    found = opened_people(await person_links.registrations(session, firsts), work.keys)
    claims = await _claims(work, found.values())
    guarded = sorted(one.id for one in found.values() if one.names_guardian)
    ledgers = await consents.ledgers(session, guarded) if guarded else {}
    return {
        first: replace(person, claims=claims).guarded(ledgers.get(first, ()))
        for first, person in found.items()
    }


def opened_people(rows: Collection[LinkedRow], keys: Keys) -> dict[RegistrationId, OpenedPerson]:
    """Decrypt people without their claims and guardians."""
    found = {}
    for first in sorted({row.person for row in rows}):
        own = {row.id: row for row in rows if row.person == first}
        opened = {one: _opened(row, keys[one]) for one, row in own.items() if one in keys}
        found[first] = OpenedPerson(first, own, opened)
    return found


def _opened(row: LinkedRow, key: DataKey) -> LinkedRegistration:
    return LinkedRegistration(
        row.id,
        particulars_of(row, key),
        by_staff=row.place != RegistrationPlace.SELF,
        linked_to=row.linked_to,
        linked_at=row.linked_at,
        matched=row.matched,
        corrected=dict(zip(row.fields, row.times, strict=True)),
    )


async def _claims(work: UnitOfWork, opened: Collection[OpenedPerson]) -> dict[Identifier, ClaimRow]:
    numbers = {n for person in opened for one in person.registrations.values() for n in numbers_of(one.own)}
    digests = {work.resources.blind_index.identifier(number): number for number in numbers}
    if not digests:
        return {}
    incidents = {person.subject.incident_id for person in opened}
    return {digests[one.digest]: one for one in await people.claims(work.session, incidents, digests)}


async def publish(
    work: UnitOfWork, published: Sequence[tuple[OpenedPerson, Particulars]]
) -> dict[RegistrationId, tuple[str, ...]]:
    """Store the golden records and emit the changes. Return the changed fields of each person.

    `published`: people with what was published before.
    """
    stored = await store_golden(work, published)
    if events := [event for event, _ in stored.values() if event]:
        await emit_person_events(work.session, events)
    for person, before in published:
        data = person.data
        if AgeBand.UNDER_15 in {data.age_band, before.age_band}:
            await reevaluate(work.session, work.resources, person.subject, data, work.stamp)
    return {one: fields for one, (_, fields) in stored.items()}


async def store_golden(
    work: UnitOfWork, published: Sequence[tuple[OpenedPerson, Particulars]], *, anew: bool = False
) -> dict[RegistrationId, tuple[PersonCorrected | None, tuple[str, ...]]]:
    """Store the golden records. Return the event of each changed person, and the changed fields.

    `anew`: also those that did not change.
    """
    rows, found = [], {}
    for person, before in published:
        await _propose_others(work.session, person, work.stamp.at)
        data = _without_others(person)
        sealed, fields = seal_particulars(data, work.keys[person.id]), changes(before, data)
        event = person_corrected(person.subject, data, sealed, fields, work.stamp.at) if fields else None
        found[person.id] = event, fields
        if len(person.registrations) > 1 and (fields or anew):
            rows.append((person.id, particulars_row(data, sealed)))
    if rows:
        await person_links.write_golden(work.session, rows)
    return found


async def publish_linked(
    session: Session,
    resources: Resources,
    firsts: Collection[RegistrationId],
    keys: Keys,
    at: datetime,
) -> None:
    """Publish locked people again, with the registrations that were linked since."""
    at = await people.record_time(session, firsts, at)
    work = UnitOfWork(session, resources, keys, AuditStamp(at, _BY))
    opened = await open_people(work, firsts)
    await publish(work, [(person, person.published) for person in opened.values()])
    included = [one for person in opened.values() for one in person.registrations]
    await person_links.mark_published(session, firsts, included, at)


def _without_others(person: OpenedPerson) -> Particulars:
    data = person.data
    return with_numbers(data, [one for one in numbers_of(data) if _holder(person, one) in {None, person.id}])


def _holder(person: OpenedPerson, number: Identifier) -> RegistrationId | None:
    """Return the person who holds a number; the person itself for its own registrations."""
    claim = person.claims.get(number)
    if claim is None:
        return None
    return person.id if claim.registration_id in person.registrations else claim.person


async def _propose_others(session: Session, person: OpenedPerson, at: datetime) -> None:
    """Propose the holder of a number as a duplicate: two people decide whether it is the same person."""
    for holder in {_holder(person, one) for one in numbers_of(person.data)} - {None, person.id}:
        if holder is not None:
            await propose_same(session, person.subject.incident_id, person.id, holder, at)
