"""Registrations to compare, and the candidates to compare them with."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from contracts.events.ids import IncidentId, RegistrationId
from kit.database.database import Session
from kit.database.rows import select_list
from services.registration.store.tables import registration


@dataclass(frozen=True, slots=True)
class ComparedRow:
    """`person`: the first registration of the person. Bytes are sealed."""

    id: RegistrationId
    incident_id: IncidentId
    person: RegistrationId
    identity: bytes | None = field(repr=False)
    contact: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class CandidateRow:
    """A registration that has a value of the seeker."""

    seeker: RegistrationId
    digest: bytes
    candidate: RegistrationId


# Text, as all statements of this module: the search reads every registration of a file again.
_COMPARED = f"""
select {select_list(ComparedRow, registration, "r", person="coalesce(r.repeat_of, r.id)")}
from registration r where r.forgotten_at is null
"""  # noqa: S608 - our own columns


async def to_compare(session: Session, limit: int) -> list[ComparedRow]:
    """Return registrations not compared since they were registered or corrected."""
    return await session.fetch(
        ComparedRow, _COMPARED + "and r.compared_at is null order by r.id limit $1", limit
    )


async def registrations(session: Session, registration_ids: Collection[RegistrationId]) -> list[ComparedRow]:
    return await session.fetch(ComparedRow, _COMPARED + "and r.id = any($1::uuid[])", list(registration_ids))


async def candidates(
    session: Session, asked: Sequence[tuple[UUID, UUID, UUID, bytes]], limit: int
) -> list[CandidateRow]:
    """Return at most `limit` candidates of the same incident for each value.

    `asked`: (registration, first registration of the person, incident, digest). `offset 0` makes the planner
    use the indexes. Before the tables are analysed it would read the whole incident for every value.
    """
    seekers, people, incidents, digests = zip(*asked, strict=True)
    return await session.fetch(
        CandidateRow,
        """
        select a.seeker, a.digest, c.candidate
        from unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::bytea[]) as a (seeker, person, incident, digest)
        cross join lateral (
            select b.registration_id as candidate
            from (select registration_id from blind_index where digest = a.digest offset 0) b
            cross join lateral (
                select incident_id, coalesce(repeat_of, id) as person
                from registration where id = b.registration_id offset 0
            ) r
            where r.incident_id = a.incident and r.person <> a.person
            limit $5
        ) c
        """,
        seekers, people, incidents, digests, limit,
    )  # fmt: skip


async def mark_compared(session: Session, compared: Sequence[ComparedRow], at: datetime) -> None:
    """Mark registrations as compared, unless they were corrected since they were read.

    Rows are locked in id order, so that two transactions cannot deadlock.
    """
    await session.execute(
        """
        with same as (
            select r.id from registration r
            join unnest($1::uuid[], $2::bytea[]) as read (id, contact) on read.id = r.id
            where r.contact = read.contact
            order by r.id for no key update of r
        )
        update registration r set compared_at = $3 from same where r.id = same.id
        """,
        [row.id for row in compared],
        [row.contact for row in compared],
        at,
    )
