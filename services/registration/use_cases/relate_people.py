"""Linking people of one incident, as they were said to belong together."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

import asyncpg

from contracts.events.ids import IncidentId, RegistrationId
from contracts.events.registration import RelationFact, RelationsTold
from contracts.events.vocabulary import AgeBand, Relation
from kit.database import outbox
from kit.database.database import Session
from kit.runtime.ids import new_id
from services.registration.domain.relation import LinkKind, Pair, SaidLink, pair, untrue, word
from services.registration.domain.validation import FieldError
from services.registration.store import idempotency, people
from services.registration.store import relations as relation_store
from services.registration.store.rows import Recorded
from services.registration.use_cases.consent_events import About
from services.registration.use_cases.register_people import ARRIVAL, Desk

UNKNOWN = FieldError("to", "is nobody registered at this incident")


@dataclass(frozen=True, slots=True)
class Linking:
    """Who is to be linked, and with whom: `to` a registration, or what a device called it offline."""

    of: RegistrationId | None  # None: was not registered, and has no links
    said: Sequence[SaidLink]


@dataclass(frozen=True, slots=True)
class _Guardians:
    """What is known of those a guardian is said of, while they are locked."""

    ages: Mapping[RegistrationId, AgeBand]
    standing: set[Pair]


async def link(
    session: Session, incident_id: IncidentId, of: RegistrationId, said: SaidLink, recorded: Recorded
) -> UUID | FieldError:
    """Give the link that stands now, whether it is new or not."""
    speakers = await relation_store.speakers(session, incident_id, [of, said.to])
    pairing = _pair(speakers, of, said)
    if isinstance(pairing, FieldError):
        return pairing
    guardians = await _guardians(session, [pairing])
    if (flaw := untrue(pairing, guardians.ages, guardians.standing)) is not None:
        return flaw
    link_id = await relation_store.link(session, new_id(), pairing, recorded.at, recorded.by)
    await tell_relations(session, [pairing.one, pairing.other], recorded.at)
    return link_id


async def tell_relations(session: Session, ids: Collection[RegistrationId], at: datetime) -> None:
    """Tell whom these people belong to now; they speak for their persons. Locks them."""
    await relation_store.lock_ages(session, ids)
    told = []
    for registration_id in sorted(set(ids)):
        person = await people.person(session, registration_id)
        standing = [
            row for row in await relation_store.links_of(session, registration_id) if row["ended_at"] is None
        ]
        if person is not None:
            told.append(relations_told(About.of(person), standing, at))
    await outbox.emit(session, told)


def relations_told(about: About, standing: Sequence[asyncpg.Record], at: datetime) -> RelationsTold:
    """`standing`: rows of relation_store.links_of."""
    me = about.registration_id
    relations = [
        RelationFact(
            registration_id=row["other"] if row["one"] == me else row["one"],
            word=Relation(word(LinkKind(row["kind"]), is_one=row["one"] == me)),
        )
        for row in standing
    ]
    return RelationsTold(
        incident_id=about.incident_id,
        exercise=about.exercise,
        registration_id=me,
        relations=tuple(relations),
        told_at=at,
    )


async def link_arrivals(
    desk: Desk, incident_id: IncidentId, linkings: Sequence[Linking], recorded: Recorded
) -> list[list[FieldError]]:
    """Link people as they were said to belong together when they were registered; give what did not fit."""
    if not any(one.said for one in linkings):
        return [[] for _ in linkings]
    async with desk.database.transaction() as session:
        ends = {one.of for one in linkings if one.of is not None and one.said}
        ends |= {said.to for one in linkings for said in one.said}
        keys = {desk.blind.intake(incident_id, ARRIVAL, str(end)): end for end in ends}
        made = await idempotency.made_by(session, list(keys))
        known = {keys[key]: RegistrationId(what.id) for key, what in made.items()}
        speakers = await relation_store.speakers(session, incident_id, ends | set(known.values()))
        speakers |= {end: speakers[made] for end, made in known.items() if made in speakers}
        pairings = [[_pair(speakers, one.of, said) for said in one.said] for one in linkings]
        fit = [one for pairing in pairings for one in pairing if isinstance(one, Pair)]
        guardians = await _guardians(session, fit)
        flaws = [await _link_arrival(session, guardians, one, recorded) for one in pairings]
        await tell_relations(session, {end for one in fit for end in (one.one, one.other)}, recorded.at)
        return flaws


async def _link_arrival(
    session: Session, guardians: _Guardians, pairings: Sequence[Pair | FieldError], recorded: Recorded
) -> list[FieldError]:
    flaws = []
    for place, pairing in enumerate(pairings):
        flaw = (
            pairing
            if isinstance(pairing, FieldError)
            else await _linked(session, guardians, pairing, recorded)
        )
        if flaw is not None:
            flaws.append(replace(flaw, field=f"links.{place}.to"))
    return flaws


async def _linked(
    session: Session, guardians: _Guardians, pairing: Pair, recorded: Recorded
) -> FieldError | None:
    flaw = untrue(pairing, guardians.ages, guardians.standing)
    if flaw is None and await relation_store.link_once(session, new_id(), pairing, recorded.at, recorded.by):
        guardians.standing.add(pairing)
    return flaw


async def _guardians(session: Session, pairings: Iterable[Pair]) -> _Guardians:
    ends = {end for one in pairings if one.kind is LinkKind.GUARDIAN for end in (one.one, one.other)}
    if not ends:
        return _Guardians({}, set())
    ages = await relation_store.lock_ages(session, ends)
    return _Guardians(ages, await relation_store.guarding(session, ends))


def _pair(
    speakers: Mapping[RegistrationId, RegistrationId], of: RegistrationId | None, said: SaidLink
) -> Pair | FieldError:
    one, other = speakers.get(of) if of else None, speakers.get(said.to)
    if one is None or other is None:
        return UNKNOWN
    return pair(one, replace(said, to=other))
