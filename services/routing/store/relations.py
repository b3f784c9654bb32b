"""Relations between people of an incident, and deaths of relatives."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from contracts.events.ids import AuthorityId, HandoverId, RegistrationId
from contracts.events.registration import RelationsTold
from kit.database.database import Session
from services.routing.domain.handover import CaseRef, Handover, HandoverState
from services.routing.store.handover_replies import HandoverRef

_KEEP = """
update standing s set relations_told_at = u.at from unnest($1::uuid[], $2::timestamptz[]) as u(id, at)
where s.registration_id = u.id and (s.relations_told_at is null or s.relations_told_at < u.at)
returning s.registration_id
"""
_DEATHS = """
update standing s set died_at = case when u.died then $3::timestamptz end
from unnest($1::uuid[], $2::boolean[]) as u(id, died)
where s.registration_id = u.id and (s.died_at is not null) <> u.died
"""
_BEREAVED = """
with bereaved as materialized (
    select s.registration_id from standing s where s.relative_died_at is null and s.died_at is null
        and s.forgotten_at is null and exists (select from relation r
            join standing d on d.registration_id = r.relative_id
            where r.registration_id = s.registration_id and d.died_at is not null)
    order by s.registration_id limit $2 for no key update of s skip locked
), noticed as (
    update standing s set relative_died_at = $1 from bereaved b where s.registration_id = b.registration_id
    returning s.registration_id, s.incident_id, s.exercise, coalesce(s.held_id, s.handover_id) as handover_id
)
select n.registration_id, n.incident_id, n.exercise, h.handover_id, h.authority, h.state,
    (select r.relative_id from relation r join standing d on d.registration_id = r.relative_id
        where r.registration_id = n.registration_id and d.died_at is not null
        order by d.died_at, r.relative_id limit 1) as relative_id
from noticed n left join handover h on h.handover_id = n.handover_id
    and h.state in ('offered', 'accepted', 'contacted')
"""
_NOT_BEREAVED = """
with mistaken as materialized (
    select s.registration_id from standing s where s.relative_died_at is not null
        and not exists (select from relation r join standing d on d.registration_id = r.relative_id
            where r.registration_id = s.registration_id and d.died_at is not null)
    order by s.registration_id limit $1 for no key update of s skip locked
), undone as (
    update standing s set relative_died_at = null from mistaken m where s.registration_id = m.registration_id
    returning s.registration_id, s.incident_id, s.exercise, coalesce(s.held_id, s.handover_id) as handover_id
)
select u.registration_id, u.incident_id, u.exercise, h.handover_id, h.authority, h.state
from undone u join handover h on h.handover_id = u.handover_id
    and h.state in ('offered', 'accepted', 'contacted')
"""


@dataclass(frozen=True, slots=True)
class BereavedPerson(CaseRef):
    """A person with a dead relative. `handover_id` None: no open handover."""

    handover_id: HandoverId | None
    authority: AuthorityId | None
    state: str | None
    relative_id: RegistrationId

    def handover(self) -> Handover | None:
        if self.handover_id is None or self.authority is None or self.state is None:
            return None
        return Handover(self.handover_id, self.authority, HandoverState(self.state))


@dataclass(frozen=True, slots=True)
class PersonRelation:
    relative_id: UUID
    word: str


async def replace_relations(session: Session, events: Sequence[RelationsTold]) -> None:
    """Replace the relations of each person by those of the latest event."""
    last = {e.registration_id: e for e in sorted(events, key=lambda e: e.told_at)}
    if not last:
        return
    kept = await session.fetchcolumn(_KEEP, list(last), [e.told_at for e in last.values()])
    news = [last[registration_id] for registration_id in kept]
    await session.execute(
        "delete from relation where registration_id = any($1::uuid[])", [e.registration_id for e in news]
    )
    told = [(e.registration_id, fact.registration_id, fact.word) for e in news for fact in e.relations]
    if told:
        await session.execute(
            "insert into relation (registration_id, relative_id, word) "
            "select * from unnest($1::uuid[], $2::uuid[], $3::text[]) on conflict do nothing",
            *(list(column) for column in zip(*told, strict=True)),
        )


async def delete_of_people(session: Session, ids: Sequence[UUID]) -> None:
    await session.execute(
        "delete from relation where registration_id = any($1::uuid[]) or relative_id = any($1::uuid[])", ids
    )


async def write_deaths(session: Session, died: Mapping[UUID, bool], at: datetime) -> None:
    """Write deaths found by decisions. A person found alive is marked alive again."""
    await session.execute(_DEATHS, list(died), list(died.values()), at)


async def mark_bereaved(session: Session, at: datetime, limit: int) -> list[BereavedPerson]:
    """Mark people whose relative has died since the last round."""
    return await session.fetch(BereavedPerson, _BEREAVED, at, limit)


async def unmark_bereaved(session: Session, limit: int) -> list[HandoverRef]:
    """Unmark people none of whose relatives is dead any more; return those whom an authority follows up.

    A later death is noticed again.
    """
    return await session.fetch(HandoverRef, _NOT_BEREAVED, limit)


async def list_of_person(session: Session, registration_id: UUID) -> list[PersonRelation]:
    return await session.fetch(
        PersonRelation,
        "select relative_id, word from relation where registration_id = $1 order by relative_id, word",
        registration_id,
    )
