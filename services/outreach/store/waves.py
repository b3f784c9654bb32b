"""Waves and their frozen sets."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import asyncpg

from contracts.events.ids import IncidentId, WaveId
from kit.database.database import Session
from services.outreach.domain.snapshot import Member, Scope, SnapshotBuilder
from services.outreach.domain.wave import WaveState

_COLUMNS = """
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
    preview: int  # how many times it was previewed; the members of the last are the frozen set
    previewed_by: str | None
    previewed_at: datetime | None
    frozen_hash: str | None
    people: int | None
    planned: int | None
    again: int  # of those planned, who have had a step of it already
    redeciding: int  # of those planned, whom routing was asked about again by the draft, and had not answered
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


def _wave(row: asyncpg.Record) -> Wave:
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
    incident: asyncpg.Record,
    plan: tuple[str, int, str],
    scope: Scope,
    by: str,
    at: datetime,
) -> None:
    """`plan` is name, version, text."""
    await session.execute(
        "insert into wave (wave_id, incident_id, exercise, plan, plan_version, plan_text, roles, "
        "municipalities, registrations, repeat, created_by, created_at) "
        "values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
        wave_id,
        incident["incident_id"],
        incident["exercise"],
        *plan,
        scope.roles,
        scope.municipalities,
        scope.registrations,
        scope.repeat,
        by,
        at,
    )


async def find(session: Session, wave_id: UUID) -> Wave | None:
    row = await session.fetchrow(f"select {_COLUMNS} from wave where wave_id = $1", wave_id)  # noqa: S608 - our own column names
    return _wave(row) if row else None


async def lock(session: Session, wave_id: UUID) -> Wave | None:
    row = await session.fetchrow(
        f"select {_COLUMNS} from wave where wave_id = $1 for no key update",  # noqa: S608 - our own column names
        wave_id,
    )
    return _wave(row) if row else None


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
        f"select {_COLUMNS} from wave where incident_id = $1 order by created_at desc, wave_id",  # noqa: S608 - our own column names
        incident_id,
    )
    return [_wave(row) for row in rows]


async def lock_shared(session: Session, wave_ids: Sequence[UUID]) -> dict[UUID, asyncpg.Record]:
    """Give state, plan_text and repeat of waves, whose state cannot change before this transaction ends."""
    rows = await session.fetch(
        "select wave_id, state, plan_text, repeat from wave where wave_id = any($1::uuid[]) "
        "order by wave_id for share",
        list(set(wave_ids)),
    )
    return {row["wave_id"]: row for row in rows}


async def begin_preview(session: Session, wave_id: UUID) -> int:
    """Take back any earlier preview; give the number of this one."""
    number = await session.fetchval(
        "update wave set preview = preview + 1, state = 'draft', frozen_hash = null, people = null, "
        "planned = null where wave_id = $1 returning preview",
        wave_id,
    )
    return int(number)


async def add_members(session: Session, wave_id: UUID, preview: int, members: Sequence[Member]) -> None:
    await session.copy(
        "wave_member",
        ("wave_id", "preview", "registration_id", "municipality", "excluded", "channels", "reasons", "again"),
        [
            (wave_id, preview, m.registration_id, m.municipality, m.excluded, m.channels, m.reasons, m.again)
            for m in members
        ],
    )


async def freeze(
    session: Session, wave_id: UUID, preview: int, freezing: SnapshotBuilder, by: str, at: datetime
) -> Wave | None:
    """Answer None if another preview was begun since."""
    contacts = [
        {
            "municipality": municipality,
            "authority": authority,
            "channel": channel,
            "kind": kind,
            "contacts": count,
        }
        for (municipality, authority, channel, kind), count in sorted(freezing.contacts.items())
    ]
    omitted = [
        {"kind": kind, "reason": reason, "contacts": count}
        for (kind, reason), count in sorted(freezing.omitted.items())
    ]
    languages = [
        {"template": template, "channel": channel, "language": language, "contacts": count}
        for (template, channel, language), count in sorted(freezing.languages.items())
    ]
    row = await session.fetchrow(
        f"""
        update wave set state = 'previewed', previewed_by = $3, previewed_at = $4, frozen_hash = $5,
            people = $6, planned = $7, contacts = $8, excluded = $9, again = $10, omitted = $11,
            languages = $12, redeciding = $13
        where wave_id = $1 and preview = $2 and state = 'draft' returning {_COLUMNS}
        """,  # noqa: S608 - our own column names
        wave_id,
        preview,
        by,
        at,
        freezing.digest(),
        freezing.people,
        freezing.planned,
        json.dumps(contacts),
        json.dumps(dict(sorted(freezing.excluded.items()))),
        freezing.again,
        json.dumps(omitted),
        json.dumps(languages),
        freezing.redeciding,
    )
    return _wave(row) if row else None


async def drop_old_members(session: Session, wave_id: UUID, preview: int, limit: int) -> int:
    return await session.execute(
        "delete from wave_member where ctid = any(array(select ctid from wave_member "
        "where wave_id = $1 and preview < $2 limit $3))",
        wave_id,
        preview,
        limit,
    )


async def members(
    session: Session, wave_id: UUID, preview: int, offset: int, limit: int
) -> list[asyncpg.Record]:
    return await session.fetch(
        "select registration_id, municipality, excluded, channels, reasons, again from wave_member "
        "where wave_id = $1 and preview = $2 order by registration_id offset $3 limit $4",
        wave_id,
        preview,
        offset,
        limit,
    )


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


async def end_launch(session: Session, wave_id: UUID) -> None:
    """Note that all contacts are written; the wave runs, unless it was cancelled meanwhile."""
    await session.execute(
        "update wave set written_at = clock_timestamp(), "
        "state = case state when 'launching' then 'running' else state end where wave_id = $1",
        wave_id,
    )


async def end(session: Session, wave_id: UUID, state: WaveState, at: datetime) -> None:
    await session.execute("update wave set state = $2, ended_at = $3 where wave_id = $1", wave_id, state, at)


async def lock_launching(session: Session) -> Wave | None:
    """Lock one wave whose contacts are being written, if no other worker has it in hand."""
    row = await session.fetchrow(
        f"select {_COLUMNS} from wave where launched_at is not null and written_at is null "  # noqa: S608 - our own column names
        "and state in ('launching', 'cancelled') "
        "order by launched_at limit 1 for no key update skip locked"
    )
    return _wave(row) if row else None


async def lock_launches(session: Session, incident_id: UUID) -> None:
    """Let no other wave of the incident write contacts before this transaction ends."""
    await session.execute("select from incident where incident_id = $1 for no key update", incident_id)


async def is_first_launch(session: Session, wave: Wave) -> bool:
    """Tell that no other wave of the incident was ever launched, so nobody can have had anything."""
    return not await session.fetchval(
        "select exists(select from wave where incident_id = $1 and wave_id <> $2 "
        "and launched_at is not null)",
        wave.incident_id,
        wave.wave_id,
    )


async def launch_members(
    session: Session,
    wave: Wave,
    steps: Sequence[tuple[str, str, datetime, datetime]],
    limit: int,
) -> list[UUID]:
    """Write the contacts of the next members, move the wave's mark, and give those members.

    `steps`: kind, template, due_at, not_after of each of the plan's, in order.
    """
    kinds, templates, due, ends = (list(column) for column in zip(*steps, strict=True))
    rows = await session.fetch(
        """
        with members as materialized (
            select registration_id, municipality, excluded, channels from wave_member
            where wave_id = $1 and preview = $2 and ($3::uuid is null or registration_id > $3)
            order by registration_id limit $4
        ), planned as (
            insert into contact (wave_id, incident_id, registration_id, step, kind, template, municipality,
                channels, due_at, not_after)
            select $1, $5, m.registration_id, s.step - 1, s.kind, s.template, m.municipality,
                string_to_array(m.channels[s.step], ','), s.due_at, s.not_after
            from members m cross join unnest($6::text[], $7::text[], $8::timestamptz[], $9::timestamptz[])
                with ordinality as s(kind, template, due_at, not_after, step)
            where m.excluded is null and m.channels[s.step] <> ''
            on conflict do nothing
        )
        select registration_id from members order by registration_id
        """,
        wave.wave_id,
        wave.preview,
        wave.launched_upto,
        limit,
        wave.incident_id,
        kinds,
        templates,
        due,
        ends,
    )
    written = [row["registration_id"] for row in rows]
    if written:
        await session.execute(
            "update wave set launched_upto = $2 where wave_id = $1", wave.wave_id, written[-1]
        )
    return written


async def lock_finished(session: Session, at: datetime) -> list[Wave]:
    """Lock the running waves of which no contact is open.

    What was handed over may yet come back by a receipt, until the contact's end; from then it is not open.
    """
    rows = await session.fetch(
        f"""
        select {_COLUMNS} from wave w where state = 'running'
            and not exists (select from contact c where c.wave_id = w.wave_id
                and c.state in ('waiting', 'claimed', 'listed', 'requested', 'in_doubt'))
            and not exists (select from contact c where c.wave_id = w.wave_id
                and c.state = 'handed_over' and c.not_after > $1)
        for no key update skip locked
        """,  # noqa: S608 - our own column names
        at,
    )
    return [_wave(row) for row in rows]
