"""Requests to decide cases again in bulk. Each case is reopened once, in batches ordered by id."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from kit.database.database import Session

_TOUCHED = """
    c.state in ('resolved', 'triage') and c.decided_on <= $1 and ($2::uuid is null or c.incident_id = $2)
        and ($3::text[] is null or c.municipality = any($3) or c.candidates && $3 or c.queue = 'address')
"""
_REOPEN = f"""
with next_ones as materialized (
    select registration_id from home_case c
    where c.registration_id > $4 and coalesce(c.settled_at, '-infinity') < $6 and {_TOUCHED}
    order by registration_id limit $5 for no key update
)
update home_case set state = 'waiting', due_at = now(), epoch = epoch + 1, lease_until = null, tries = 0
where registration_id = any(array(select registration_id from next_ones))
returning registration_id
"""  # noqa: S608 - our own condition


@dataclass(frozen=True, slots=True)
class RedecisionRequest:
    """Selects cases decided for `decided_until` or earlier, optionally of certain authorities."""

    reopening_id: UUID
    asked_at: datetime
    asked_by: str
    why: str
    decided_until: date
    incident_id: UUID | None = None
    authorities: Sequence[str] | None = None


@dataclass(frozen=True, slots=True)
class RedecisionProgress:
    reopening_id: UUID
    asked_at: datetime
    asked_by: str
    why: str
    decided_until: date
    incident_id: UUID | None
    cases: int
    done_at: datetime | None


@dataclass(frozen=True, slots=True)
class _OpenRequest:
    reopening_id: UUID
    begun_at: datetime
    decided_until: date
    incident_id: UUID | None
    authorities: list[str] | None
    reached: UUID


@dataclass(frozen=True, slots=True)
class CasesByHome:
    municipality: str | None
    region: str | None
    cases: int


async def add_request(session: Session, asked: RedecisionRequest) -> int:
    """Insert the request; return the number of cases it selects now."""
    await session.execute(
        "insert into reopening "
        "(reopening_id, asked_at, asked_by, why, decided_until, incident_id, authorities) "
        "values ($1, $2, $3, $4, $5, $6, $7)",
        asked.reopening_id,
        asked.asked_at,
        asked.asked_by,
        asked.why,
        asked.decided_until,
        asked.incident_id,
        asked.authorities,
    )
    return await count_cases(session, asked.decided_until, asked.incident_id, asked.authorities)


async def count_cases(
    session: Session, decided_until: date, incident_id: UUID | None, authorities: Sequence[str] | None
) -> int:
    return int(
        await session.fetchval(
            f"select count(*) from home_case c where {_TOUCHED}",  # noqa: S608 - our own condition
            decided_until,
            incident_id,
            authorities,
        )
    )


async def find_request(session: Session, reopening_id: UUID) -> RedecisionProgress | None:
    return await session.fetchrow(
        RedecisionProgress,
        "select reopening_id, asked_at, asked_by, why, decided_until, incident_id, cases, done_at "
        "from reopening where reopening_id = $1",
        reopening_id,
    )


async def reopen_next_batch(session: Session, limit: int) -> bool:
    """Reopen the next batch of the oldest open request that is not locked. Return False if there is none."""
    asked = await session.fetchrow(
        _OpenRequest,
        "select reopening_id, begun_at, decided_until, incident_id, authorities, reached from reopening "
        "where done_at is null order by asked_at limit 1 for no key update skip locked",
    )
    if asked is None:
        return False
    reopened = await session.fetchcolumn(
        _REOPEN,
        asked.decided_until,
        asked.incident_id,
        asked.authorities,
        asked.reached,
        limit,
        asked.begun_at,
    )
    reached = max(reopened, default=asked.reached)
    await session.execute(
        "update reopening set reached = $2, cases = cases + $3, "
        "done_at = case when $4 then clock_timestamp() end where reopening_id = $1",
        asked.reopening_id,
        reached,
        len(reopened),
        len(reopened) < limit,
    )
    return True


async def count_by_home(session: Session, incident_id: UUID | None) -> list[CasesByHome]:
    """Count cases by their last decided home; municipality null: not decided."""
    return await session.fetch(
        CasesByHome,
        "select municipality, region, count(*) as cases from home_case "
        "where state not in ('merged', 'forgotten') and ($1::uuid is null or incident_id = $1) group by 1, 2",
        incident_id,
    )
