"""Incidents, and how many people stand where."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import asyncpg
from pydantic_core import to_json

from contracts.events.ids import IncidentId
from contracts.events.vocabulary import IncidentKind
from kit.database.database import Session
from kit.runtime.ids import new_id
from services.registration.domain.consent import ConsentFacts
from services.registration.domain.incident import Change, Incident
from services.registration.store import columns

_INCIDENTS = """
select id, name, kind, place, started_at, event_authority, event_authorities, hotline, web_page, exercise,
    long_running, opened_at, closed_at
from incident
"""


async def insert_incident(session: Session, incident: Incident, by: str) -> None:
    await session.execute(
        """
        insert into incident (id, name, kind, place, started_at, event_authority, event_authorities, hotline,
            web_page, exercise, long_running, opened_at, opened_by)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
        """,
        incident.id, incident.name, incident.kind, incident.place, incident.started_at,
        incident.event_authority, incident.event_authorities, incident.hotline, incident.web_page,
        incident.exercise, incident.long_running, incident.opened_at, by,
    )  # fmt: skip


async def incidents(session: Session) -> list[Incident]:
    """Newest first."""
    rows = await session.fetch(_INCIDENTS + "order by id desc")
    return [_incident(row) for row in rows]


async def incident(session: Session, incident_id: IncidentId) -> Incident | None:
    row = await session.fetchrow(_INCIDENTS + "where id = $1", incident_id)
    return _incident(row) if row else None


async def lock_shared_incident(session: Session, incident_id: IncidentId) -> Incident | None:
    """Lock an incident in shared mode: it cannot be closed until the transaction ends."""
    row = await session.fetchrow(_INCIDENTS + "where id = $1 for share", incident_id)
    return _incident(row) if row else None


async def lock_incident(session: Session, incident_id: IncidentId) -> Incident | None:
    """Lock an incident exclusively: nobody can be registered until the transaction ends."""
    row = await session.fetchrow(_INCIDENTS + "where id = $1 for update", incident_id)
    return _incident(row) if row else None


async def record_time(session: Session, incident_id: IncidentId, at: datetime) -> datetime:
    """Return the time to record for a change of a locked incident: `at`, or just after the last change."""
    recorded: datetime = await session.fetchval(
        "update incident set changed_at = case when greatest(changed_at, closed_at) > $2 "
        "then greatest(changed_at, closed_at) + interval '1 microsecond' else $2 end "
        "where id = $1 returning changed_at",
        incident_id, at,
    )  # fmt: skip
    return recorded


def _incident(row: asyncpg.Record) -> Incident:
    return Incident(
        **{
            **row,
            "kind": IncidentKind(row["kind"]),
            "event_authorities": tuple(row["event_authorities"]),
        }
    )


async def close_incident(session: Session, incident_id: IncidentId, at: datetime, by: str) -> None:
    await session.execute(
        "update incident set closed_at = $2, closed_by = $3 where id = $1", incident_id, at, by
    )


async def reopen_incident(session: Session, incident_id: IncidentId) -> None:
    await session.execute("update incident set closed_at = null, closed_by = null where id = $1", incident_id)


async def write_incident(session: Session, incident: Incident) -> None:
    await session.execute(
        """
        update incident
        set name = $2, kind = $3, place = $4, started_at = $5, event_authority = $6, event_authorities = $7,
            hotline = $8, web_page = $9, long_running = $10
        where id = $1
        """,
        incident.id, incident.name, incident.kind, incident.place, incident.started_at,
        incident.event_authority, incident.event_authorities, incident.hotline, incident.web_page,
        incident.long_running,
    )  # fmt: skip


async def note_change(
    session: Session,
    incident_id: IncidentId,
    what: Change,
    *,
    at: datetime,
    by: str,
    why: bytes | None = None,
    was: Mapping[str, Any] | None = None,
) -> None:
    """Add an entry to the history. `was`: the replaced values by field."""
    await session.execute(
        "insert into incident_change (id, incident_id, at, by, what, changed, was, why)"
        " values ($1, $2, $3, $4, $5, $6, $7, $8)",
        new_id(), incident_id, at, by, what, list(was or ()),
        None if was is None else to_json(was).decode(), why,
    )  # fmt: skip


async def changes(session: Session, incident_id: IncidentId) -> list[asyncpg.Record]:
    """Oldest first."""
    return await session.fetch(
        f"select {columns.of('c', columns.INCIDENT_CHANGE)} from incident_change c "  # noqa: S608 - our own
        "where incident_id = $1 order by at, id",
        incident_id,
    )


async def consent_facts(
    session: Session, incident_id: IncidentId, at: datetime
) -> list[tuple[ConsentFacts, int]]:
    rows = await session.fetch(
        "select forgotten_at is not null, withdrawn, registration_until > $2, contact_until > $2, count(*)"
        " from registration where incident_id = $1 and repeat_of is null group by 1, 2, 3, 4",
        incident_id, at,
    )  # fmt: skip
    return [(ConsentFacts(*row[:4]), row[4]) for row in rows]
