"""The triage queue: overrides, owners, overdue cases."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from kit.database.database import Session
from services.routing.domain.deadlines import TriageDeadlines
from services.routing.domain.handover import CaseRef
from services.routing.domain.triage import Queue


@dataclass(frozen=True, slots=True)
class QueuedCase:
    registration_id: UUID
    queue: str
    reason: str
    candidates: list[str]
    since: datetime
    exercise: bool
    owner: str | None
    assigned_at: datetime | None


@dataclass(frozen=True, slots=True)
class QueueCount:
    queue: str
    cases: int
    unowned: int
    overdue: int


@dataclass(frozen=True, slots=True)
class LockedQueuedCase(CaseRef):
    state: str
    queue: str | None
    since: datetime | None


@dataclass(frozen=True, slots=True)
class OverdueCase(CaseRef):
    queue: str
    reason: str
    since: datetime
    owner: str | None


@dataclass(frozen=True, slots=True)
class OverdueCount:
    queue: str
    exercise: bool
    cases: int


async def write_override(
    session: Session,
    registration_id: UUID,
    on: date,
    home: tuple[str, str | None],
    contactability: str,
    *,
    by_event: bool,
) -> None:
    """Write an official's decision. `home`: municipality and region. `by_event`: as the event authority.

    The epoch is incremented, so that a worker with a claim on the case cannot overwrite it.
    """
    await session.execute(
        "update home_case set state = 'resolved', queue = null, reason = null, decided_on = $2, ruled = $3, "
        "municipality = $3, region = $5, facts_changed = false, contactability = $4, candidates = '{}', "
        "since = null, epoch = epoch + 1, lease_until = null, ruled_event = $6 where registration_id = $1",
        registration_id,
        on,
        home[0],
        contactability,
        home[1],
        by_event,
    )


async def write_closure(session: Session, registration_id: UUID, on: date) -> None:
    """Write that an official closed the case. It leaves its queue and is not decided again automatically."""
    await session.execute(
        "update home_case set state = 'closed', queue = null, reason = null, since = null, decided_on = $2, "
        "ruled = null, ruled_event = false, municipality = null, region = null, facts_changed = false, "
        "candidates = '{}', epoch = epoch + 1, lease_until = null where registration_id = $1",
        registration_id,
        on,
    )


_WITH_OWNER = """
left join triage_care t on t.registration_id = c.registration_id and t.queue = c.queue and t.since = c.since
"""
_TRIAGE = f"""
select c.registration_id, c.queue, c.reason, c.candidates, c.since, c.exercise, t.owner, t.assigned_at
from home_case c {_WITH_OWNER} where c.incident_id = $1 and c.queue is not null
order by c.since, c.registration_id limit $2
"""  # noqa: S608 - our own condition
_LATE = f"""
select c.registration_id, c.incident_id, c.exercise, c.queue, c.reason, c.since, t.owner
from home_case c join unnest($1::text[], $2::interval[]) as d(queue, allowed) on d.queue = c.queue
{_WITH_OWNER} where c.queue is not null and c.since + d.allowed <= $3 and t.overdue_told_at is null
order by c.since limit $4 for no key update of c skip locked
"""  # noqa: S608 - our own condition
_TELL = """
insert into triage_care as t (registration_id, queue, since, overdue_told_at)
select u.*, $4 from unnest($1::uuid[], $2::text[], $3::timestamptz[]) as u
on conflict (registration_id) do update set queue = excluded.queue, since = excluded.since,
    overdue_told_at = excluded.overdue_told_at,
    owner = case when (t.queue, t.since) = (excluded.queue, excluded.since) then t.owner end,
    assigned_at = case when (t.queue, t.since) = (excluded.queue, excluded.since) then t.assigned_at end,
    assigned_by = case when (t.queue, t.since) = (excluded.queue, excluded.since) then t.assigned_by end
"""
_ASSIGN = """
insert into triage_care as t (registration_id, queue, since, owner, assigned_at, assigned_by)
values ($1, $2, $3, $4, $5, $6)
on conflict (registration_id) do update set queue = excluded.queue, since = excluded.since,
    owner = excluded.owner, assigned_at = excluded.assigned_at, assigned_by = excluded.assigned_by,
    overdue_told_at = case when (t.queue, t.since) = (excluded.queue, excluded.since)
        then t.overdue_told_at end
"""
_COUNTS = f"""
select c.queue, count(*) as cases, count(*) filter (where t.owner is null) as unowned,
    count(*) filter (where c.since + d.allowed <= $4) as overdue
from home_case c join unnest($2::text[], $3::interval[]) as d(queue, allowed) on d.queue = c.queue
{_WITH_OWNER} where c.incident_id = $1 and c.queue is not null group by 1
"""  # noqa: S608 - our own condition


async def list_queued(session: Session, incident_id: UUID, limit: int) -> list[QueuedCase]:
    return await session.fetch(QueuedCase, _TRIAGE, incident_id, limit)


async def count_queues(session: Session, incident_id: UUID, deadlines: TriageDeadlines) -> list[QueueCount]:
    return await session.fetch(QueueCount, _COUNTS, incident_id, *_allowed(deadlines), session.now)


async def lock_queued(session: Session, registration_id: UUID) -> LockedQueuedCase | None:
    return await session.fetchrow(
        LockedQueuedCase,
        "select registration_id, incident_id, exercise, state, queue, since from home_case "
        "where registration_id = $1 for no key update",
        registration_id,
    )


async def write_owner(session: Session, case: LockedQueuedCase, to: str, by: str) -> None:
    await session.execute(_ASSIGN, case.registration_id, case.queue, case.since, to, session.now, by)


async def lock_overdue(session: Session, deadlines: TriageDeadlines, limit: int) -> list[OverdueCase]:
    """Lock overdue cases that are not reported yet. Skip rows locked by others."""
    return await session.fetch(OverdueCase, _LATE, *_allowed(deadlines), session.now, limit)


async def mark_overdue(session: Session, rows: Sequence[OverdueCase]) -> None:
    await session.execute(
        _TELL,
        [row.registration_id for row in rows],
        [row.queue for row in rows],
        [row.since for row in rows],
        session.now,
    )


async def count_overdue(session: Session) -> list[OverdueCount]:
    return await session.fetch(
        OverdueCount,
        f"select c.queue, c.exercise, count(*) as cases from home_case c {_WITH_OWNER} "  # noqa: S608
        "where c.queue is not null and t.overdue_told_at is not null group by 1, 2",
    )


def _allowed(deadlines: TriageDeadlines) -> tuple[list[str], list[timedelta]]:
    return [*Queue], [deadlines.allowed(queue) for queue in Queue]
