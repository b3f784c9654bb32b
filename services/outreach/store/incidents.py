"""Store of incidents: whether they are exercises, and whether they are open."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from contracts.events.ids import IncidentId
from kit.database.database import Session
from services.outreach.store.people import columns


@dataclass(frozen=True, slots=True)
class IncidentState:
    incident_id: IncidentId
    exercise: bool
    closed_at: datetime | None


async def open_incidents(session: Session, incidents: Sequence[tuple[UUID, bool]]) -> None:
    await session.execute(
        "insert into incident (incident_id, exercise) select * from unnest($1::uuid[], $2::boolean[]) "
        "on conflict do nothing",
        *columns(incidents),
    )


async def close_incidents(session: Session, incidents: Sequence[tuple[UUID, bool, datetime]]) -> None:
    await session.execute(
        "insert into incident as i (incident_id, exercise, closed_at) "
        "select * from unnest($1::uuid[], $2::boolean[], $3::timestamptz[]) "
        "on conflict (incident_id) do update set closed_at = greatest(i.closed_at, excluded.closed_at)",
        *columns(incidents),
    )


async def reopen_incidents(session: Session, incidents: Sequence[tuple[UUID, bool, datetime]]) -> None:
    await session.execute(
        "insert into incident as i (incident_id, exercise, reopened_at) "
        "select * from unnest($1::uuid[], $2::boolean[], $3::timestamptz[]) "
        "on conflict (incident_id) do update set reopened_at = greatest(i.reopened_at, excluded.reopened_at)",
        *columns(incidents),
    )


async def find_incident(session: Session, incident_id: UUID) -> IncidentState | None:
    return await session.fetchrow(
        IncidentState,
        "select incident_id, exercise, case when reopened_at > closed_at then null else closed_at end "
        "as closed_at from incident where incident_id = $1",
        incident_id,
    )
