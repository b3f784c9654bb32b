"""Incidents, and how many people stand where."""

from datetime import datetime

import asyncpg

from contracts.ids import IncidentId
from contracts.vocabulary import IncidentKind
from kit.database import Session
from services.registration.domain.consent import (
    Holding,
)
from services.registration.domain.incident import Incident

_INCIDENTS = """
select id, name, kind, place, started_at, event_authority, hotline, web_page, exercise, long_running,
    opened_at, closed_at
from incident
"""


async def insert_incident(session: Session, incident: Incident, by: str) -> None:
    await session.run(
        """
        insert into incident (id, name, kind, place, started_at, event_authority, hotline, web_page, exercise,
            long_running, opened_at, opened_by)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
        """,
        incident.id, incident.name, incident.kind, incident.place, incident.started_at,
        incident.event_authority, incident.hotline, incident.web_page, incident.exercise,
        incident.long_running, incident.opened_at, by,
    )  # fmt: skip


async def incidents(session: Session) -> list[Incident]:
    """Newest first."""
    rows = await session.fetch(_INCIDENTS + "order by id desc")
    return [_incident(row) for row in rows]


async def incident(session: Session, incident_id: IncidentId) -> Incident | None:
    row = await session.fetchrow(_INCIDENTS + "where id = $1", incident_id)
    return _incident(row) if row else None


async def hold_incident(session: Session, incident_id: IncidentId) -> Incident | None:
    """Read an incident and keep it from being closed until the transaction ends."""
    row = await session.fetchrow(_INCIDENTS + "where id = $1 for share", incident_id)
    return _incident(row) if row else None


def _incident(row: asyncpg.Record) -> Incident:
    return Incident(**{**row, "kind": IncidentKind(row["kind"])})


async def close_incident(session: Session, incident_id: IncidentId, at: datetime, by: str) -> bool:
    """Say whether it was open."""
    return bool(
        await session.run(
            "update incident set closed_at = $2, closed_by = $3 where id = $1 and closed_at is null",
            incident_id, at, by,
        )
    )  # fmt: skip


async def holdings(session: Session, incident_id: IncidentId, at: datetime) -> list[tuple[Holding, int]]:
    rows = await session.fetch(
        "select forgotten_at is not null, withdrawn, registration_until > $2, contact_until > $2, count(*)"
        " from registration where incident_id = $1 and repeat_of is null group by 1, 2, 3, 4",
        incident_id, at,
    )  # fmt: skip
    return [(Holding(*row[:4]), row[4]) for row in rows]
