"""The links between the registrations of a person, and what was published of the person last.

repeat_of names the first registration of the person. `within` names the registration that one was linked to,
where that is another one, so that an undone merge takes its own along.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from contracts.events.ids import IncidentId, RegistrationId
from kit.database.database import Session
from kit.database.rows import select_list
from services.registration.store.people import PARTICULARS, ParticularsRow
from services.registration.store.tables import consent_entry


@dataclass(frozen=True, slots=True)
class LinkedRow(ParticularsRow):
    """A registration with its own sealed data and its link. `fields` were corrected last at `times`."""

    id: RegistrationId
    person: RegistrationId
    incident_id: IncidentId
    exercise: bool
    place: str
    registered_at: datetime
    linked_to: RegistrationId | None
    linked_at: datetime | None
    matched: bool
    published: bool
    fields: list[str]
    times: list[datetime]


@dataclass(frozen=True, slots=True)
class WithdrawalRow:
    registration_id: RegistrationId
    purpose: str
    at: datetime
    withdrawn_by: str
    told_by: str | None
    withdrawn_on: datetime | None


@dataclass(frozen=True, slots=True)
class SplitRow:
    """A registration that was split from a person, as an undone merge and a decision about the pair."""

    duplicate_id: UUID
    incident_id: IncidentId
    one: RegistrationId
    other: RegistrationId
    score: float
    reasons: Sequence[str]
    merge_id: UUID
    away: RegistrationId
    into: RegistrationId
    since: datetime
    at: datetime
    by: str
    step_id: UUID
    why: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Owner:
    """A registration whose key seals data of a person. `person`: the first registration."""

    id: RegistrationId
    person: RegistrationId
    forgotten: bool


_DATA = ", ".join(PARTICULARS)
_OWNER = "r.id, coalesce(r.repeat_of, r.id) as person, r.forgotten_at is not null as forgotten"
_OF_PERSONS = "(r.id = any($1::uuid[]) or r.repeat_of = any($1::uuid[]))"
_REGISTRATIONS = f"""
select r.id, coalesce(r.repeat_of, r.id) as person, r.incident_id, i.exercise, r.place, r.registered_at,
    coalesce(r.within, r.repeat_of) as linked_to, r.repeat_of is not null and m.id is null as matched,
    case when r.repeat_of is not null then coalesce(m.merged_at, uuid_extract_timestamp(r.id)) end
        as linked_at,
    r.published_at is not null as published, coalesce(c.fields, '{{}}') as fields,
    coalesce(c.times, '{{}}') as times, {", ".join(f"r.{name}" for name in PARTICULARS)}
from registration r join incident i on i.id = r.incident_id
left join merge m on m.away = r.id and m.undone_at is null
left join lateral (
    select array_agg(name) as fields, array_agg(at) as times from (
        select name, max(v.replaced_at) as at from person_version v, unnest(v.changed) as name
        where v.registration_id = r.id and v.addressed is not null group by name
    ) last
) c on true
where {_OF_PERSONS} and r.forgotten_at is null order by r.id
"""  # noqa: S608 - our own column names


async def registrations(session: Session, people: Collection[RegistrationId]) -> list[LinkedRow]:
    """Return all registrations of people, oldest first. `people`: their locked first registrations."""
    return await session.fetch(LinkedRow, _REGISTRATIONS, list(people))


async def owners(session: Session, registrations: Collection[RegistrationId]) -> list[Owner]:
    """Return all registrations of the people of registrations."""
    return await session.fetch(
        Owner,
        f"""
        select distinct {_OWNER} from registration p
        join registration r on coalesce(p.repeat_of, p.id) in (r.id, r.repeat_of)
        where p.id = any($1::uuid[])
        """,  # noqa: S608 - our own columns
        list(registrations),
    )


async def owners_of_pair(session: Session, duplicate_id: UUID) -> list[Owner]:
    """Return all registrations of the two people of a pair. Empty: there is no such pair."""
    return await session.fetch(
        Owner,
        f"""
        select distinct {_OWNER} from duplicate d join registration p on p.id in (d.one, d.other)
        join registration r on coalesce(p.repeat_of, p.id) in (r.id, r.repeat_of) where d.id = $1
        """,  # noqa: S608 - our own columns
        duplicate_id,
    )


async def link(
    session: Session, merge_id: UUID, duplicate_id: UUID, away: RegistrationId, into: RegistrationId,
    at: datetime,
) -> None:  # fmt: skip
    """Link a person to another one, by a decision of people. What was published of it last stays."""
    await session.execute(
        f"""
        with made as (
            insert into merge (id, duplicate_id, away, into_id, merged_at) values ($3, $4, $1, $2, $5)
        ), published as (
            insert into golden_record (registration_id, {_DATA}) select id, {_DATA} from registration
            where id = $1 on conflict do nothing
        )
        update registration set repeat_of = $2,
            within = case when id = $1 then null else coalesce(within, repeat_of) end
        where id = $1 or repeat_of = $1
        """,  # noqa: S608 - our own column names
        away, into, merge_id, duplicate_id, at,
    )  # fmt: skip


async def unlink(
    session: Session, away: RegistrationId, theirs: Collection[RegistrationId], at: datetime
) -> None:
    """Make a registration a person again, with the registrations that are linked to it.

    The golden records of both are deleted: a person with one registration has none. So are the marks of
    consents that a child gave: the caller reevaluates each of the two who is a child.
    """
    await session.execute(
        """
        with undone as (update merge set undone_at = $3 where away = $1 and undone_at is null),
            both_people as (select unnest(array[id, repeat_of]) as id from registration where id = $1),
            stored as (delete from golden_record where registration_id in (select id from both_people)),
            marked as (delete from childs_consent where registration_id in (select id from both_people))
        update registration set repeat_of = case when id = $1 then null else $1 end,
            within = case when id = $1 then null else nullif(within, $1) end, compared_at = null
        where id = any($2::uuid[])
        """,
        away, list(theirs), at,
    )  # fmt: skip


async def keep_split(session: Session, row: SplitRow) -> UUID:
    """Record a link by an ID value that was undone, as an undone merge. Return the id of the pair."""
    kept: UUID = await session.fetchval(
        """
        with pair as (
            insert into duplicate (id, incident_id, one, other, score, reasons, found_at, state)
            values ($1, $2, $3, $4, $5, $6, $7, 'undone')
            on conflict (one, other) do update set state = 'undone', suggested_by = null returning id
        ), link as (
            insert into merge (id, duplicate_id, away, into_id, merged_at, undone_at)
            select $8, id, $9, $10, $11, $7 from pair
        )
        insert into duplicate_step (id, duplicate_id, step, at, by, why)
        select $12, id, 'undone', $7, $13, $14 from pair returning duplicate_id
        """,
        row.duplicate_id, row.incident_id, row.one, row.other, row.score, row.reasons, row.at,
        row.merge_id, row.away, row.into, row.since, row.step_id, row.by, row.why,
    )  # fmt: skip
    return kept


async def merged_away(
    session: Session, people: Collection[RegistrationId]
) -> dict[RegistrationId, list[RegistrationId]]:
    """Return the registrations that people merged into each of these, directly or through another one."""
    return await session.fetchpairs(
        "select r.repeat_of, array_agg(distinct r.id order by r.id) from registration r"
        " join merge m on m.away = r.id"
        " where r.repeat_of = any($1::uuid[]) and m.undone_at is null group by 1",
        list(people),
    )


async def linked_at(
    session: Session, registration_id: RegistrationId, at: datetime, grace: timedelta
) -> list[RegistrationId]:
    """Return a registration and those linked to it at a time, by id, also if they were unlinked since.

    `grace`: a link counts this long after it was undone.
    """
    return await session.fetchcolumn(
        """
        with recursive linked (id) as (
            select $1::uuid
            union
            select case when m.away = l.id then m.into_id else m.away end
            from linked l join merge m on l.id in (m.away, m.into_id)
            where m.merged_at <= $2 and coalesce(m.undone_at, 'infinity') >= $2::timestamptz - $3::interval
        )
        select id from linked order by id
        """,
        registration_id, at, grace,
    )  # fmt: skip


async def withdrawals_since(session: Session, person: RegistrationId, since: datetime) -> list[WithdrawalRow]:
    """Return what was withdrawn of a person since, whichever registration was named."""
    return await session.fetch(
        WithdrawalRow,
        f"""
        select {select_list(WithdrawalRow, consent_entry, "e")}
        from registration r join consent_entry e on e.registration_id = r.id
        where $1 in (r.id, r.repeat_of) and e.kind = 'withdrawn' and e.recorded_at >= $2
        order by e.at, e.id
        """,  # noqa: S608 - our own column names
        person, since,
    )  # fmt: skip


async def unpublished(session: Session, limit: int) -> list[RegistrationId]:
    """Return people with a linked registration that is not part of what is published."""
    return await session.fetchcolumn(
        "select repeat_of from registration"
        " where repeat_of is not null and published_at is null and forgotten_at is null order by id limit $1",
        limit,
    )


async def mark_published(
    session: Session, people: Collection[RegistrationId], included: Collection[RegistrationId], at: datetime
) -> None:
    """Mark the included registrations of people as published, and all others as not."""
    await session.execute(
        "update registration set published_at = case when id = any($2::uuid[]) then $3::timestamptz end"
        " where repeat_of = any($1::uuid[])",
        list(people), list(included), at,
    )  # fmt: skip


async def write_golden(session: Session, rows: Iterable[tuple[RegistrationId, Sequence[object]]]) -> None:
    """Write golden records. Each row holds the values in the order of PARTICULARS."""
    names, places = ", ".join(PARTICULARS), ", ".join(f"${place + 2}" for place in range(len(PARTICULARS)))
    updated = ", ".join(f"{name} = excluded.{name}" for name in PARTICULARS)
    await session.driver.executemany(
        f"insert into golden_record (registration_id, {names}) values ($1, {places})"  # noqa: S608 - our own
        f" on conflict (registration_id) do update set {updated}",
        [(one, *values) for one, values in rows],
    )
