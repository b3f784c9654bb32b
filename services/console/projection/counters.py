"""Changes of the counters when one person changes: add the new counter key, subtract the old."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple, TypeVar
from uuid import UUID

from services.console.projection.contact import Contact
from services.console.projection.person import PersonProjection, bucket, stages

Key = TypeVar("Key")


class PersonKey(NamedTuple):
    incident_id: UUID
    municipality: str  # empty: no responsible authority yet
    bucket: str
    stages: int


class ContactKey(NamedTuple):
    incident_id: UUID
    wave_id: UUID
    municipality: str
    kind: str
    channel: str
    state: str
    reason: str


@dataclass(frozen=True, slots=True)
class PersonRecord:
    """A person and their contacts. Counted once the registration event has arrived."""

    incident_id: UUID
    person: PersonProjection
    contacts: Mapping[UUID, Contact]

    def key(self) -> PersonKey | None:
        if not self.person.registered:
            return None
        contacts = self.contacts.values()
        where = bucket(self.person, contacts)
        return PersonKey(
            self.incident_id, self.person.municipality, where, int(stages(self.person, contacts))
        )

    def contact_key(self, contact_id: UUID) -> ContactKey | None:
        contact = self.contacts.get(contact_id)
        if contact is None or not self.person.registered:
            return None
        return ContactKey(
            self.incident_id,
            contact.wave_id,
            contact.municipality,
            contact.kind,
            contact.channel,
            contact.state,
            contact.reason,
        )


@dataclass(slots=True)
class CounterChanges:
    people: Counter[PersonKey] = field(default_factory=Counter)
    contacts: Counter[ContactKey] = field(default_factory=Counter)

    def add(self, before: PersonRecord, after: PersonRecord) -> None:
        _move(self.people, before.key(), after.key())
        for contact_id in after.contacts:
            _move(self.contacts, before.contact_key(contact_id), after.contact_key(contact_id))

    def incidents(self) -> set[UUID]:
        return {p.incident_id for p in self.people} | {c.incident_id for c in self.contacts}


def _move(counter: Counter[Key], old: Key | None, new: Key | None) -> None:
    if old == new:
        return
    if old is not None:
        counter[old] -= 1
    if new is not None:
        counter[new] += 1
