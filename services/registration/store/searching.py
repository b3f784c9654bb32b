"""Who is found by a blind index, within an incident."""

from collections.abc import Sequence

import asyncpg

from contracts.ids import IncidentId, RegistrationId
from kit.database import Session

_RARE = 1000  # a word of more people is common: how common does not matter


async def with_digest(
    session: Session, incident_id: IncidentId, digest: bytes, limit: int
) -> list[RegistrationId]:
    """Give registrations of an incident with one value: an identity value, a telephone number."""
    rows = await session.fetch(
        """
        (select registration_id from identity_claim where digest = $2 and incident_id = $1)
        union
        (select b.registration_id from blind_index b join registration r on r.id = b.registration_id
            where b.digest = $2 and r.incident_id = $1 limit $3)
        """,
        incident_id, digest, limit,
    )  # fmt: skip
    return [row[0] for row in rows]


async def with_all(session: Session, digests: Sequence[bytes], limit: int) -> list[RegistrationId]:
    """Give registrations that have every digest: those of the rarest are read, the others looked up."""
    first, *others = await _rarest_first(session, digests)
    rows = await session.fetch(
        """
        select b.registration_id from blind_index b
        where b.digest = $1 and (
            select count(*) from blind_index o
            where o.registration_id = b.registration_id and o.digest = any($2::bytea[])
        ) = cardinality($2::bytea[])
        limit $3
        """,
        first, others, limit,
    )  # fmt: skip
    return [row[0] for row in rows]


async def _rarest_first(session: Session, digests: Sequence[bytes]) -> list[bytes]:
    if len(digests) == 1:
        return list(digests)
    rows = await session.fetch(
        """
        select d from unnest($1::bytea[]) as d
        order by (select count(*) from (select from blind_index where digest = d limit $2) as counted)
        """,
        list(digests), _RARE,
    )  # fmt: skip
    return [row[0] for row in rows]


async def hold_people(
    session: Session, incident_id: IncidentId, found: Sequence[RegistrationId], limit: int
) -> list[asyncpg.Record]:
    """Give the people whom registrations belong to, a repeat by its first; their rows are held.

    Nobody forgotten is among them.
    """
    return await session.fetch(
        """
        select r.id, r.role, r.place, r.registered_at, r.identity, r.contact
        from registration r
        where r.id in (select coalesce(f.repeat_of, f.id) from registration f where f.id = any($2::uuid[]))
            and r.incident_id = $1 and r.repeat_of is null and r.forgotten_at is null
        order by r.id limit $3
        for share of r
        """,
        incident_id, list(found), limit,
    )  # fmt: skip
