"""What a dry run would find: the look-ups of registering, and none of its writes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from uuid import UUID

from contracts.events.ids import IncidentId, RegistrationId
from kit.database.database import Session
from kit.privacy.sealing import DataKey
from kit.runtime.ids import new_id
from services.registration.domain.identity_match import Claimant, Named, Recognised, may_be_one, recognise
from services.registration.domain.incident import Incident
from services.registration.domain.person import admits
from services.registration.store import idempotency, imports, incidents
from services.registration.store.idempotency import Made
from services.registration.use_cases.register_people import (
    Arrival,
    Desk,
    Entrant,
    Outcome,
    Result,
    UnknownIncident,
    UnreadNames,
    names_of,
)


@dataclass(slots=True)
class Rehearsal:
    """Tells of each arrival of one file what registering it would come to.

    `bodies`, `owners`, `named`: what the rows before would have written.
    """

    desk: Desk
    incident_id: IncidentId
    bodies: dict[bytes, bytes | None] = field(default_factory=dict)
    owners: dict[bytes, RegistrationId] = field(default_factory=dict)
    named: dict[RegistrationId, Named] = field(default_factory=dict, repr=False)

    async def results(self, arrivals: Sequence[Arrival]) -> list[Result]:
        """Raise UnknownIncident."""
        keys: dict[UUID, DataKey | None] = {}
        while True:
            try:
                async with self.desk.database.transaction() as session:
                    return await self._results(session, arrivals, keys)
            except UnreadNames as unread:  # as registering does: keys are read while no transaction is open
                keys.update(dict.fromkeys(unread.owners))
                keys.update(await self.desk.keyring.read(unread.owners))

    async def _results(
        self, session: Session, arrivals: Sequence[Arrival], keys: Mapping[UUID, DataKey | None]
    ) -> list[Result]:
        incident = await incidents.incident(session, self.incident_id)
        if incident is None:
            raise UnknownIncident
        made = await idempotency.made_by(session, [one.key for one in arrivals])
        entrants = self._entrants(arrivals, made, incident)
        found = await self._recognise(session, entrants, keys)
        return [self._result(one, made, entrants, found) for one in arrivals]

    def _entrants(
        self, arrivals: Sequence[Arrival], made: Mapping[bytes, Made], incident: Incident
    ) -> dict[bytes, Entrant]:
        """Give whom registering would enter: of arrivals under one key, the first."""
        entrants: dict[bytes, Entrant] = {}
        for one in arrivals:
            person = one.person
            admitted = admits(person.place, person.registered_at, incident.closed_at)
            if admitted and one.key not in made and one.key not in self.bodies:
                entrants.setdefault(one.key, Entrant(RegistrationId(new_id()), one))
        return entrants

    async def _recognise(
        self, session: Session, entrants: Mapping[bytes, Entrant], keys: Mapping[UUID, DataKey | None]
    ) -> Recognised:
        claimants = [
            Claimant(one.id, self.desk.blind.claims(one.arrival.person.identity)) for one in entrants.values()
        ]
        values = {value for one in claimants for value in one.values}
        owners = await imports.owners(session, self.incident_id, values)
        owners |= {value: self.owners[value] for value in values if value in self.owners}
        before = set(owners.values()) - self.named.keys()
        named = await names_of(session, list(entrants.values()), before, keys)
        named |= {one: self.named[one] for one in owners.values() if one in self.named}
        for claimant in claimants:
            for value in claimant.values:
                owners.setdefault(value, claimant.id)
        found = recognise(claimants, owners, lambda one, other: may_be_one(named[one], named.get(other)))
        self._remember(claimants, owners, named, found)
        return found

    def _remember(
        self,
        claimants: Sequence[Claimant],
        owners: Mapping[bytes, RegistrationId],
        named: Mapping[RegistrationId, Named],
        found: Recognised,
    ) -> None:
        """Keep who holds a number now. A repeat's other numbers and its name are the first's too."""
        self.owners |= {value: found.same.get(one, one) for value, one in owners.items()}
        held = {one.id for one in claimants if one.values} | set(owners.values())
        self.named |= {one: name for one, name in named.items() if one in held}
        for repeat, first in found.same.items():
            said = self.named.pop(repeat, named[repeat])
            if (stands := self.named.get(first)) is not None:
                self.named[first] = replace(stands, also=(*stands.also, said.name))

    def _result(
        self,
        arrival: Arrival,
        made: Mapping[bytes, Made],
        entrants: Mapping[bytes, Entrant],
        found: Recognised,
    ) -> Result:
        before = made.get(arrival.key)
        if before is not None or arrival.key in self.bodies:
            body = before.body if before is not None else self.bodies[arrival.key]
            forgotten = before is not None and before.forgotten
            outcome = Outcome.REPEATED if body == arrival.body else Outcome.OTHER_BODY
            return Result(outcome, forgotten=forgotten)
        entrant = entrants.get(arrival.key)
        if entrant is None:
            return Result(Outcome.CLOSED)
        self.bodies[arrival.key] = arrival.body
        first = found.same.get(entrant.id, entrant.id)
        outcome = Outcome.REGISTERED if first == entrant.id else Outcome.SAME_PERSON
        return Result(outcome, first, doubted=found.apart.get(entrant.id))
