"""Incidents, and how many people stand where."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from pydantic_core import to_json
from sqlalchemy import select

from contracts.events.ids import IncidentId
from contracts.events.vocabulary import IncidentKind
from kit.database.database import Session
from kit.database.rows import columns_of, select_list
from kit.runtime.ids import new_id
from services.registration.domain.consent import ConsentFacts
from services.registration.domain.incident import Change, Incident
from services.registration.store.tables import incident as incident_table
from services.registration.store.tables import incident_change

# Text: each registration locks its incident.
_INCIDENTS = f"select {select_list(Incident, incident_table, 'i')} from incident i "  # noqa: S608 - our own columns


@dataclass(frozen=True, slots=True)
class CountedFacts(ConsentFacts):
    people: int


@dataclass(frozen=True, slots=True)
class IncidentChange:
    """An entry of the history. `was`: the replaced values by field, `changed`: their names in order."""

    at: datetime
    by: str
    what: str
    changed: list[str]
    was: dict[str, Any] | None
    why: bytes | None = field(repr=False)  # sealed with the incident's key


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
    return [_incident(row) for row in await session.fetch(Incident, _INCIDENTS + "order by id desc")]


async def incident(session: Session, incident_id: IncidentId) -> Incident | None:
    row = await session.fetchrow(Incident, _INCIDENTS + "where id = $1", incident_id)
    return _incident(row) if row else None


async def lock_shared_incident(session: Session, incident_id: IncidentId) -> Incident | None:
    """Lock an incident in shared mode: it cannot be closed until the transaction ends."""
    row = await session.fetchrow(Incident, _INCIDENTS + "where id = $1 for share", incident_id)
    return _incident(row) if row else None


async def lock_incident(session: Session, incident_id: IncidentId) -> Incident | None:
    """Lock an incident exclusively: nobody can be registered until the transaction ends."""
    row = await session.fetchrow(Incident, _INCIDENTS + "where id = $1 for update", incident_id)
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


def _incident(row: Incident) -> Incident:
    """Convert what the driver read: a text, a list."""
    return replace(row, kind=IncidentKind(row.kind), event_authorities=tuple(row.event_authorities))


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


async def changes(session: Session, incident_id: IncidentId) -> list[IncidentChange]:
    """Oldest first."""
    return await session.fetch(
        IncidentChange,
        select(*columns_of(IncidentChange, incident_change))
        .where(incident_change.c.incident_id == incident_id)
        .order_by(incident_change.c.at, incident_change.c.id),
    )


async def consent_facts(session: Session, incident_id: IncidentId, at: datetime) -> list[CountedFacts]:
    return await session.fetch(
        CountedFacts,
        "select forgotten_at is not null as forgotten, withdrawn, registration_until > $2 as registration,"
        " contact_until > $2 as contact, count(*) as people"
        " from registration where incident_id = $1 and repeat_of is null group by 1, 2, 3, 4",
        incident_id, at,
    )  # fmt: skip
