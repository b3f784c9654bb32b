"""Store of follow-ups: results of calls that need further work."""

from dataclasses import dataclass, fields
from datetime import datetime
from uuid import UUID

from contracts.events.ids import IncidentId, RegistrationId
from kit.database.database import Session

# The authority is that of the primary registration, or has accepted its case; without one, that of the call.
_FOLLOW_UP = """
select f.follow_up_id, f.reason, f.registration_id, f.contact_id, f.closed_at, c.incident_id, w.exercise,
    t.outcome, t.note, t.actor as told_by, t.told_at, p.role, p.language,
    coalesce(s.acting, s.municipality, s.held_by, c.authority, c.municipality) as authority
from follow_up f join call_attempt t using (attempt_id) join contact c on c.contact_id = f.contact_id
join wave w on w.wave_id = c.wave_id join person p on p.registration_id = f.registration_id
left join lateral (
    with recursive up as (
        select p.registration_id, p.merged, p.merged_into, p.acting, p.municipality, p.held_by
        union
        select n.registration_id, n.merged, n.merged_into, n.acting, n.municipality, n.held_by
        from up join person n on up.merged and n.registration_id = up.merged_into
    ) select acting, municipality, held_by from up where not merged
) s on true
"""


@dataclass(frozen=True, slots=True)
class FollowUp:
    follow_up_id: UUID
    reason: str
    registration_id: RegistrationId
    contact_id: UUID
    closed_at: datetime | None
    incident_id: IncidentId
    exercise: bool
    outcome: str | None
    note: bytes | None
    told_by: str
    told_at: datetime
    role: str | None
    language: str
    authority: str


@dataclass(frozen=True, slots=True)
class ListedFollowUp:
    """An open follow-up without personal data."""

    follow_up_id: UUID
    reason: str
    incident_id: UUID
    exercise: bool
    told_by: str
    told_at: datetime
    role: str | None
    language: str


_LINE = ", ".join(column.name for column in fields(ListedFollowUp))


async def insert(
    session: Session, attempt_id: UUID, contact_id: UUID, registration_id: UUID, reason: str
) -> None:
    await session.execute(
        "insert into follow_up (attempt_id, contact_id, registration_id, reason) values ($1, $2, $3, $4)",
        attempt_id,
        contact_id,
        registration_id,
        reason,
    )


async def list_open(
    session: Session, authority: str, incident_id: UUID | None, limit: int
) -> list[ListedFollowUp]:
    """Return the open follow-ups, oldest first, without those of erased people."""
    return await session.fetch(
        ListedFollowUp,
        f"""
        select {_LINE}
        from ({_FOLLOW_UP} where f.closed_at is null and p.forgotten_at is null) as open_ones
        where authority = $1 and ($2::uuid is null or incident_id = $2)
        order by told_at, follow_up_id limit $3
        """,  # noqa: S608 - our own text
        authority,
        incident_id,
        limit,
    )


async def count_open(session: Session) -> dict[str, int]:
    """Count the open follow-ups by authority."""
    return await session.fetchpairs(
        f"select authority, count(*) as lines from ({_FOLLOW_UP} where f.closed_at is null "  # noqa: S608 - our own text
        "and p.forgotten_at is null) as open_ones group by 1"
    )


async def find(session: Session, follow_up_id: UUID) -> FollowUp | None:
    return await session.fetchrow(FollowUp, _FOLLOW_UP + " where f.follow_up_id = $1", follow_up_id)


async def lock(session: Session, follow_up_id: UUID) -> FollowUp | None:
    query = _FOLLOW_UP + " where f.follow_up_id = $1 for update of f"
    return await session.fetchrow(FollowUp, query, follow_up_id)


async def close(session: Session, follow_up_id: UUID, by: str, why: bytes, at: datetime) -> None:
    await session.execute(
        "update follow_up set closed_at = $2, closed_by = $3, closed_why = $4 where follow_up_id = $1",
        follow_up_id,
        at,
        by,
        why,
    )
