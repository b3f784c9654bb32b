"""Search people of an incident by the blind index."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache

from contracts.events.ids import IncidentId, RegistrationId
from kit.database.database import Session

_JOINED = 6  # words of a name that are joined; the others are checked on the result


@dataclass(frozen=True, slots=True)
class FoundPerson:
    id: RegistrationId
    role: str
    place: str
    registered_at: datetime
    identity: bytes | None = field(repr=False)  # sealed
    contact: bytes = field(repr=False)  # sealed


async def with_digest(
    session: Session, incident_id: IncidentId, digest: bytes, limit: int
) -> list[RegistrationId]:
    """Return registrations of an incident with one value: an identity value or a telephone number."""
    return await session.fetchcolumn(
        """
        (select registration_id from identity_claim where digest = $2 and incident_id = $1)
        union
        (select b.registration_id from blind_index b join registration r on r.id = b.registration_id
            where b.digest = $2 and r.incident_id = $1 limit $3)
        """,
        incident_id, digest, limit,
    )  # fmt: skip


async def with_all(session: Session, digests: Sequence[bytes], limit: int) -> list[RegistrationId]:
    """Return registrations that have every digest.

    The query joins the index with itself: a merge join is fast when both words are common. Looking up the
    other words of each row took ten times as long (measured with a million people).
    """
    joined, others = digests[:_JOINED], digests[_JOINED:]
    return await session.fetchcolumn(_having_all(len(joined)), list(others), limit, *joined)


async def with_any_of_each(
    session: Session, words: Sequence[Sequence[bytes]], limit: int
) -> list[RegistrationId]:
    """Return registrations that have one digest of each word."""
    joined = words[:_JOINED]
    return await session.fetchcolumn(_having_any_of_each(len(joined)), limit, *map(list, joined))


@cache
def _having_any_of_each(words: int) -> str:
    joins = "".join(f" join blind_index w{n} using (registration_id)" for n in range(1, words))
    having = " and ".join(f"w{n}.digest = any(${n + 2}::bytea[])" for n in range(words))
    return f"""
        select distinct registration_id from blind_index w0{joins} where {having} limit $1
    """  # noqa: S608 - numbers only


@cache
def _having_all(words: int) -> str:
    joins = "".join(f" join blind_index w{n} using (registration_id)" for n in range(1, words))
    having = " and ".join(f"w{n}.digest = ${n + 3}" for n in range(words))
    return f"""
        select registration_id from blind_index w0{joins}
        where {having} and not exists (
            select from unnest($1::bytea[]) as other (digest) where not exists (
                select from blind_index b
                where b.digest = other.digest and b.registration_id = w0.registration_id))
        limit $2
    """  # noqa: S608 - numbers only


async def lock_shared_people(
    session: Session, incident_id: IncidentId, found: Sequence[RegistrationId], limit: int
) -> list[FoundPerson]:
    """Lock in shared mode the first registrations of the people found. Erased people are left out."""
    return await session.fetch(
        FoundPerson,
        """
        select r.id, coalesce(g.role, r.role) as role, r.place, r.registered_at,
            case when g.registration_id is null then r.identity else g.identity end as identity,
            coalesce(g.contact, r.contact) as contact
        from registration r left join golden_record g on g.registration_id = r.id
        where r.id in (select coalesce(f.repeat_of, f.id) from registration f where f.id = any($2::uuid[]))
            and r.incident_id = $1 and r.repeat_of is null and r.forgotten_at is null
        order by r.id limit $3
        for share of r
        """,
        incident_id, list(found), limit,
    )  # fmt: skip
