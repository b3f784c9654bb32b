"""How the counters change when what is known of one person changes: new place minus old place."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple, TypeVar
from uuid import UUID

from services.console.projection.contact import Contact
from services.console.projection.person import Person, bucket, stages

Place = TypeVar("Place")


class PersonPlace(NamedTuple):
    incident_id: UUID
    municipality: str  # empty: nobody is responsible yet
    bucket: str
    stages: int


class ContactPlace(NamedTuple):
    incident_id: UUID
    wave_id: UUID
    municipality: str
    kind: str
    channel: str
    state: str
    reason: str


@dataclass(frozen=True, slots=True)
class Known:
    """All that is known of one person. Counted from the moment the registration is known."""

    incident_id: UUID
    person: Person
    contacts: Mapping[UUID, Contact]

    def place(self) -> PersonPlace | None:
        if not self.person.registered:
            return None
        contacts = self.contacts.values()
        where = bucket(self.person, contacts)
        return PersonPlace(
            self.incident_id, self.person.municipality, where, int(stages(self.person, contacts))
        )

    def contact_place(self, contact_id: UUID) -> ContactPlace | None:
        contact = self.contacts.get(contact_id)
        if contact is None or not self.person.registered:
            return None
        return ContactPlace(
            self.incident_id,
            contact.wave_id,
            contact.municipality,
            contact.kind,
            contact.channel,
            contact.state,
            contact.reason,
        )


@dataclass(slots=True)
class Tally:
    people: Counter[PersonPlace] = field(default_factory=Counter)
    contacts: Counter[ContactPlace] = field(default_factory=Counter)

    def add(self, before: Known, after: Known) -> None:
        _move(self.people, before.place(), after.place())
        for contact_id in after.contacts:
            _move(self.contacts, before.contact_place(contact_id), after.contact_place(contact_id))

    def incidents(self) -> set[UUID]:
        return {p.incident_id for p in self.people} | {c.incident_id for c in self.contacts}


def _move(counter: Counter[Place], old: Place | None, new: Place | None) -> None:
    if old == new:
        return
    if old is not None:
        counter[old] -= 1
    if new is not None:
        counter[new] += 1
