"""Relations between people of one incident."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from contracts.events.ids import IncidentId, RegistrationId
from contracts.events.vocabulary import AgeBand
from kit.database.database import Session
from services.registration.domain.relation import Pair, RelationKind


@dataclass(frozen=True, slots=True)
class RelationRow:
    """A relation between two first registrations."""

    id: UUID
    kind: str
    one: RegistrationId
    other: RegistrationId
    made_at: datetime
    made_by: str
    ended_at: datetime | None
    ended_by: str | None


async def speakers(
    session: Session, incident_id: IncidentId, registration_ids: Collection[RegistrationId]
) -> dict[RegistrationId, RegistrationId]:
    """Return the first registration of each person of the incident."""
    return await session.fetchpairs(
        "select id, coalesce(repeat_of, id) from registration"
        " where incident_id = $1 and id = any($2::uuid[]) and forgotten_at is null",
        incident_id, list(registration_ids),
    )  # fmt: skip


async def lock_ages(
    session: Session, registration_ids: Collection[RegistrationId]
) -> dict[RegistrationId, AgeBand]:
    """Lock the people of guardian relations, so that two contradicting ones cannot be added at once."""
    ages = await session.fetchpairs(
        "select id, age_band from registration where id = any($1::uuid[]) order by id for no key update",
        list(registration_ids),
    )
    return {registration_id: AgeBand(age_band) for registration_id, age_band in ages.items()}


async def guarding(session: Session, registration_ids: Collection[RegistrationId]) -> set[Pair]:
    """Return the current relations in which one of these people is the guardian, by first registrations."""
    rows = await session.fetch(
        Pair,
        """
        select l.kind, coalesce(a.repeat_of, a.id) as one, coalesce(b.repeat_of, b.id) as other
        from link l join registration a on a.id = l.one join registration b on b.id = l.other
        where l.kind = 'guardian' and l.ended_at is null
            and l.one in (select id from registration where id = any($1::uuid[]) or repeat_of = any($1))
        """,
        list(registration_ids),
    )
    return {Pair(RelationKind(row.kind), row.one, row.other) for row in rows}


async def link(session: Session, link_id: UUID, pair: Pair, at: datetime, by: str) -> UUID:
    """Add a relation. Return the id of the current one, new or not."""
    made = await session.execute(
        "insert into link (id, kind, one, other, made_at, made_by) values ($1, $2, $3, $4, $5, $6)"
        " on conflict (one, other, kind) where ended_at is null do nothing",
        link_id, pair.kind, pair.one, pair.other, at, by,
    )  # fmt: skip
    if made:
        return link_id
    standing: UUID = await session.fetchval(
        "select id from link where one = $1 and other = $2 and kind = $3 and ended_at is null",
        pair.one, pair.other, pair.kind,
    )  # fmt: skip
    return standing


async def link_once(session: Session, link_id: UUID, pair: Pair, at: datetime, by: str) -> bool:
    """Add a relation unless there ever was one: a repeated request does not restore an ended relation."""
    made = await session.execute(
        """
        insert into link (id, kind, one, other, made_at, made_by) select $1, $2, $3, $4, $5, $6
        where not exists (select from link where one = $3 and other = $4 and kind = $2)
        on conflict do nothing
        """,
        link_id, pair.kind, pair.one, pair.other, at, by,
    )  # fmt: skip
    return made == 1


async def links_of(session: Session, registration_id: RegistrationId) -> list[RelationRow]:
    """Return the relations of a person and their repeats, oldest first, by first registrations."""
    return await session.fetch(
        RelationRow,
        """
        with mine as (select id from registration where id = $1 or repeat_of = $1),
            found as (
                select l.id from link l where l.one in (select id from mine)
                union
                select l.id from link l where l.other in (select id from mine)
            )
        select l.id, l.kind, coalesce(a.repeat_of, a.id) as one, coalesce(b.repeat_of, b.id) as other,
            l.made_at, l.made_by, l.ended_at, l.ended_by
        from found f join link l using (id)
            join registration a on a.id = l.one join registration b on b.id = l.other
        where a.forgotten_at is null and b.forgotten_at is null
            and coalesce(a.repeat_of, a.id) <> coalesce(b.repeat_of, b.id)
        order by l.made_at, l.id
        """,
        registration_id,
    )


async def end_link(session: Session, link_id: UUID, at: datetime, by: str) -> None:
    await session.execute(
        "update link set ended_at = $2, ended_by = $3 where id = $1 and ended_at is null", link_id, at, by
    )
