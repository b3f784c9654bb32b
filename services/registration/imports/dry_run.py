"""Predict the result of registering rows: the same queries, without writes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from uuid import UUID

from contracts.events.ids import IncidentId, RegistrationId
from kit.database.database import Session
from kit.privacy.sealing import DataKey
from kit.runtime.ids import new_id
from services.registration.domain.identity_match import (
    IdentityClaims,
    IdentityMatches,
    PersonNames,
    match_candidates,
    names_compatible,
)
from services.registration.domain.incident import Incident
from services.registration.domain.person import admits
from services.registration.resources import Resources
from services.registration.store import idempotency, imports, incidents
from services.registration.store.idempotency import KeyResult
from services.registration.use_cases.register_people import (
    Candidate,
    RegistrationOutcome,
    RegistrationResult,
    Submission,
    UnknownIncident,
    UnreadNames,
    names_of,
)


@dataclass(slots=True)
class DryRun:
    """Predicts the result of each submission of one file.

    `bodies`, `owners` and `names` hold what the preceding rows would have written.
    """

    resources: Resources
    incident_id: IncidentId
    bodies: dict[bytes, bytes | None] = field(default_factory=dict)
    owners: dict[bytes, RegistrationId] = field(default_factory=dict)
    names: dict[RegistrationId, PersonNames] = field(default_factory=dict, repr=False)

    async def predict_results(self, submissions: Sequence[Submission]) -> list[RegistrationResult]:
        """Return the result of each submission. Raise UnknownIncident."""
        keys: dict[UUID, DataKey | None] = {}
        while True:
            try:
                async with self.resources.database.transaction() as session:
                    return await self._predict_results(session, submissions, keys)
            except UnreadNames as unread:  # like registration: read keys outside a transaction
                keys.update(dict.fromkeys(unread.owners))
                keys.update(await self.resources.keyring.read(unread.owners))

    async def _predict_results(
        self, session: Session, submissions: Sequence[Submission], keys: Mapping[UUID, DataKey | None]
    ) -> list[RegistrationResult]:
        incident = await incidents.incident(session, self.incident_id)
        if incident is None:
            raise UnknownIncident
        made = await idempotency.results_by_key(session, [one.key for one in submissions])
        candidates = self._new_candidates(submissions, made, incident)
        found = await self._match(session, candidates, keys)
        return [self._predict_result(one, made, candidates, found) for one in submissions]

    def _new_candidates(
        self, submissions: Sequence[Submission], made: Mapping[bytes, KeyResult], incident: Incident
    ) -> dict[bytes, Candidate]:
        """Return the new registrations by key. Of several submissions with one key, the first counts."""
        candidates: dict[bytes, Candidate] = {}
        for one in submissions:
            person = one.person
            admitted = admits(person.place, person.registered_at, incident.closed_at)
            if admitted and one.key not in made and one.key not in self.bodies:
                candidates.setdefault(one.key, Candidate(RegistrationId(new_id()), one))
        return candidates

    async def _match(
        self, session: Session, candidates: Mapping[bytes, Candidate], keys: Mapping[UUID, DataKey | None]
    ) -> IdentityMatches:
        claims = [
            IdentityClaims(one.id, self.resources.blind_index.claims(one.submission.person.identity))
            for one in candidates.values()
        ]
        values = {value for one in claims for value in one.values}
        owners = await imports.owners(session, self.incident_id, values)
        owners |= {value: self.owners[value] for value in values if value in self.owners}
        before = set(owners.values()) - self.names.keys()
        names = await names_of(session, list(candidates.values()), before, keys)
        names |= {one: self.names[one] for one in owners.values() if one in self.names}
        for claim in claims:
            for value in claim.values:
                owners.setdefault(value, claim.id)
        found = match_candidates(
            claims, owners, lambda one, other: names_compatible(names[one], names.get(other))
        )
        self._remember_owners(claims, owners, names, found)
        return found

    def _remember_owners(
        self,
        claims: Sequence[IdentityClaims],
        owners: Mapping[bytes, RegistrationId],
        names: Mapping[RegistrationId, PersonNames],
        found: IdentityMatches,
    ) -> None:
        """Remember the owner of each identity value. A repeat's values and name belong to the first."""
        self.owners |= {value: found.same.get(one, one) for value, one in owners.items()}
        held = {one.id for one in claims if one.values} | set(owners.values())
        self.names |= {one: name for one, name in names.items() if one in held}
        for repeat, first in found.same.items():
            said = self.names.pop(repeat, names[repeat])
            if (stands := self.names.get(first)) is not None:
                self.names[first] = replace(stands, also=(*stands.also, said.name))

    def _predict_result(
        self,
        submission: Submission,
        made: Mapping[bytes, KeyResult],
        candidates: Mapping[bytes, Candidate],
        found: IdentityMatches,
    ) -> RegistrationResult:
        before = made.get(submission.key)
        if before is not None or submission.key in self.bodies:
            body = before.body if before is not None else self.bodies[submission.key]
            forgotten = before is not None and before.forgotten
            outcome = (
                RegistrationOutcome.REPEATED if body == submission.body else RegistrationOutcome.OTHER_BODY
            )
            return RegistrationResult(outcome, forgotten=forgotten)
        candidate = candidates.get(submission.key)
        if candidate is None:
            return RegistrationResult(RegistrationOutcome.CLOSED)
        self.bodies[submission.key] = submission.body
        first = found.same.get(candidate.id, candidate.id)
        outcome = RegistrationOutcome.REGISTERED if first == candidate.id else RegistrationOutcome.SAME_PERSON
        return RegistrationResult(outcome, first, doubted=found.apart.get(candidate.id))
