"""Relate people of one incident."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from contracts.events.ids import IncidentId, RegistrationId
from contracts.events.vocabulary import AgeBand
from contracts.wire.error_codes import ErrorCode
from contracts.wire.errors import FieldError
from kit.database.database import Session
from kit.runtime.ids import new_id
from services.registration.domain.audit_stamp import AuditStamp
from services.registration.domain.relation import Pair, RelationInput, RelationKind, pair, untrue
from services.registration.events import EventSubject, relations_told
from services.registration.resources import Resources
from services.registration.store import idempotency, people
from services.registration.store import relations as relation_store
from services.registration.store.people import RegistrationRow
from services.registration.use_cases.emit_events import emit_person_events
from services.registration.use_cases.register_people import SUBMISSION

UNKNOWN = FieldError("to", ErrorCode.NOT_AT_INCIDENT)


@dataclass(frozen=True, slots=True)
class RequestedRelations:
    """The requested relations of a registration. `to`: a registration, or an id made by a device."""

    of: RegistrationId | None  # None: not registered, so no relations
    said: Sequence[RelationInput]


@dataclass(frozen=True, slots=True)
class _Guardians:
    """The ages and current guardian relations of locked people."""

    ages: Mapping[RegistrationId, AgeBand]
    standing: set[Pair]


async def link(
    session: Session, incident_id: IncidentId, of: RegistrationId, said: RelationInput, stamp: AuditStamp
) -> UUID | FieldError:
    """Add a relation. Return its id, new or existing, or why it is impossible."""
    speakers = await relation_store.speakers(session, incident_id, [of, said.to])
    pairing = _pair(speakers, of, said)
    if isinstance(pairing, FieldError):
        return pairing
    locked = await lock_people(session, [pairing.one, pairing.other])
    guardians = await _guardians(session, [pairing])
    if (flaw := untrue(pairing, guardians.ages, guardians.standing)) is not None:
        return flaw
    link_id = await relation_store.link(session, new_id(), pairing, stamp.at, stamp.by)
    await tell_relations(session, locked, stamp.at)
    return link_id


async def lock_people(session: Session, ids: Collection[RegistrationId]) -> list[RegistrationRow]:
    """Lock people in order of ids. Lock them before a relation is inserted, which locks their keys."""
    locked = [await people.lock_person(session, one) for one in sorted(set(ids))]
    return list({one.id: one for one in locked if one is not None}.values())


async def tell_relations(session: Session, locked: Collection[RegistrationRow], at: datetime) -> None:
    """Emit the current relations of locked people."""
    told = []
    for person in locked:
        rows = await relation_store.links_of(session, person.id)
        told.append(
            relations_told(EventSubject.of(person), [row for row in rows if row.ended_at is None], at)
        )
    await emit_person_events(session, told)


async def link_submissions(
    resources: Resources, incident_id: IncidentId, linkings: Sequence[RequestedRelations], stamp: AuditStamp
) -> list[list[FieldError]]:
    """Add the relations of new registrations. Return the errors of each."""
    if not any(one.said for one in linkings):
        return [[] for _ in linkings]
    async with resources.database.transaction() as session:
        ends = {one.of for one in linkings if one.of is not None and one.said}
        ends |= {said.to for one in linkings for said in one.said}
        keys = {
            resources.blind_index.idempotency_digest(incident_id, SUBMISSION, str(end)): end for end in ends
        }
        made = await idempotency.results_by_key(session, list(keys))
        known = {keys[key]: RegistrationId(what.id) for key, what in made.items()}
        speakers = await relation_store.speakers(session, incident_id, ends | set(known.values()))
        speakers |= {end: speakers[made] for end, made in known.items() if made in speakers}
        pairings = [[_pair(speakers, one.of, said) for said in one.said] for one in linkings]
        fit = [one for pairing in pairings for one in pairing if isinstance(one, Pair)]
        locked = await lock_people(session, {end for one in fit for end in (one.one, one.other)})
        guardians = await _guardians(session, fit)
        flaws = [await _link_submission(session, guardians, one, stamp) for one in pairings]
        await tell_relations(session, locked, stamp.at)
        return flaws


async def _link_submission(
    session: Session, guardians: _Guardians, pairings: Sequence[Pair | FieldError], stamp: AuditStamp
) -> list[FieldError]:
    flaws = []
    for place, pairing in enumerate(pairings):
        flaw = (
            pairing if isinstance(pairing, FieldError) else await _linked(session, guardians, pairing, stamp)
        )
        if flaw is not None:
            flaws.append(flaw.at(f"links.{place}.to"))
    return flaws


async def _linked(
    session: Session, guardians: _Guardians, pairing: Pair, stamp: AuditStamp
) -> FieldError | None:
    flaw = untrue(pairing, guardians.ages, guardians.standing)
    if flaw is None and await relation_store.link_once(session, new_id(), pairing, stamp.at, stamp.by):
        guardians.standing.add(pairing)
    return flaw


async def _guardians(session: Session, pairings: Iterable[Pair]) -> _Guardians:
    ends = {end for one in pairings if one.kind is RelationKind.GUARDIAN for end in (one.one, one.other)}
    if not ends:
        return _Guardians({}, set())
    ages = await relation_store.lock_ages(session, ends)
    return _Guardians(ages, await relation_store.guarding(session, ends))


def _pair(
    speakers: Mapping[RegistrationId, RegistrationId], of: RegistrationId | None, said: RelationInput
) -> Pair | FieldError:
    one, other = speakers.get(of) if of else None, speakers.get(said.to)
    if one is None or other is None:
        return UNKNOWN
    return pair(one, replace(said, to=other))
