"""Waves and their states. Previews and launches have modules of their own."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import asyncpg

from contracts.events.ids import IncidentId, WaveId
from kit.database.database import Session
from services.outreach.domain.snapshot import Scope
from services.outreach.domain.wave import WaveState
from services.outreach.store.incidents import IncidentState

COLUMNS = """
    wave_id, incident_id, exercise, plan, plan_version, plan_text, roles, municipalities, registrations,
    repeat, state, created_by, created_at, preview, previewed_by, previewed_at, frozen_hash, people, planned,
    again, redeciding, contacts, excluded, omitted, languages, approved_by, approved_at, launched_by,
    launched_at, launched_upto, ended_at
"""


@dataclass(frozen=True, slots=True)
class Wave:
    wave_id: WaveId
    incident_id: IncidentId
    exercise: bool
    plan: str
    plan_version: int
    plan_text: str
    roles: list[str]
    municipalities: list[str]
    registrations: list[UUID]
    repeat: bool
    state: WaveState
    created_by: str
    created_at: datetime
    preview: int  # number of previews; the snapshot has the members of the last
    previewed_by: str | None
    previewed_at: datetime | None
    frozen_hash: str | None
    people: int | None
    planned: int | None
    again: int  # of those planned, people who already got one of the steps
    redeciding: int  # of those planned, people with a pending routing decision
    contacts: list[
        dict[str, object]
    ]  # municipality, authority (who acts), channel (the first), kind, contacts
    excluded: dict[str, int]  # people by reason
    omitted: list[dict[str, object]]  # steps of those planned: kind, reason, contacts
    languages: list[dict[str, object]]  # messages: template, channel (the first), language, contacts
    approved_by: str | None
    approved_at: datetime | None
    launched_by: str | None
    launched_at: datetime | None
    launched_upto: UUID | None
    ended_at: datetime | None

    def scope(self) -> Scope:
        return Scope(self.roles, self.municipalities, self.registrations, self.repeat)


@dataclass(frozen=True, slots=True)
class LockedWave:
    wave_id: WaveId
    state: str
    plan_text: str
    repeat: bool


def read_wave(row: asyncpg.Record) -> Wave:
    values = dict(row)
    values["state"] = WaveState(values["state"])
    values["contacts"] = json.loads(values["contacts"] or "[]")
    values["omitted"] = json.loads(values["omitted"] or "[]")
    values["languages"] = json.loads(values["languages"] or "[]")
    values["excluded"] = json.loads(values["excluded"] or "{}")
    return Wave(**values)


async def create(
    session: Session,
    wave_id: UUID,
    incident: IncidentState,
    plan: tuple[str, int, str],
    scope: Scope,
    by: str,
    at: datetime,
) -> None:
    """Insert a wave. `plan`: name, version, text."""
    await session.execute(
        "insert into wave (wave_id, incident_id, exercise, plan, plan_version, plan_text, roles, "
        "municipalities, registrations, repeat, created_by, created_at) "
        "values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
        wave_id,
        incident.incident_id,
        incident.exercise,
        *plan,
        scope.roles,
        scope.municipalities,
        scope.registrations,
        scope.repeat,
        by,
        at,
    )


async def find(session: Session, wave_id: UUID) -> Wave | None:
    row = await session.fetchrow(f"select {COLUMNS} from wave where wave_id = $1", wave_id)  # noqa: S608 - our own column names
    return read_wave(row) if row else None


async def lock(session: Session, wave_id: UUID) -> Wave | None:
    row = await session.fetchrow(
        f"select {COLUMNS} from wave where wave_id = $1 for no key update",  # noqa: S608 - our own column names
        wave_id,
    )
    return read_wave(row) if row else None


async def record_time(session: Session, wave_id: UUID, at: datetime) -> datetime:
    """Return the time at which a change of a locked wave is recorded: `at`, or right after its last."""
    recorded: datetime = await session.fetchval(
        "update wave set changed_at = case when changed_at > $2 then changed_at + interval '1 microsecond' "
        "else $2 end where wave_id = $1 returning changed_at",
        wave_id,
        at,
    )
    return recorded


async def of_incident(session: Session, incident_id: UUID) -> list[Wave]:
    rows = await session.fetch(
        f"select {COLUMNS} from wave where incident_id = $1 order by created_at desc, wave_id",  # noqa: S608 - our own column names
        incident_id,
    )
    return [read_wave(row) for row in rows]


async def lock_shared(session: Session, wave_ids: Sequence[UUID]) -> dict[UUID, LockedWave]:
    """Lock waves FOR SHARE; return them. The state cannot change now."""
    rows = await session.fetch(
        LockedWave,
        "select wave_id, state, plan_text, repeat from wave where wave_id = any($1::uuid[]) "
        "order by wave_id for share",
        list(set(wave_ids)),
    )
    return {row.wave_id: row for row in rows}


async def approve(session: Session, wave_id: UUID, by: str, at: datetime) -> None:
    await session.execute(
        "update wave set state = 'approved', approved_by = $2, approved_at = $3 where wave_id = $1",
        wave_id,
        by,
        at,
    )


async def begin_launch(session: Session, wave_id: UUID, by: str, at: datetime) -> None:
    await session.execute(
        "update wave set state = 'launching', launched_by = $2, launched_at = $3 where wave_id = $1",
        wave_id,
        by,
        at,
    )


async def set_state(session: Session, wave_id: UUID, state: WaveState) -> None:
    await session.execute("update wave set state = $2 where wave_id = $1", wave_id, state)


async def end(session: Session, wave_id: UUID, state: WaveState, at: datetime) -> None:
    await session.execute("update wave set state = $2, ended_at = $3 where wave_id = $1", wave_id, state, at)


async def lock_finished(session: Session, at: datetime) -> list[Wave]:
    """Lock the running waves without an open contact.

    A handed-over contact is open until its end, because a receipt may still change it.
    """
    rows = await session.fetch(
        f"""
        select {COLUMNS} from wave w where state = 'running'
            and not exists (select from contact c where c.wave_id = w.wave_id
                and c.state in ('waiting', 'claimed', 'listed', 'requested', 'in_doubt'))
            and not exists (select from contact c where c.wave_id = w.wave_id
                and c.state = 'handed_over' and c.not_after > $1)
        for no key update skip locked
        """,  # noqa: S608 - our own column names
        at,
    )
    return [read_wave(row) for row in rows]
