"""Previews of a wave: the members and figures that an approval freezes."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from kit.database.database import Session
from services.outreach.domain.snapshot import Member, SnapshotBuilder
from services.outreach.store.waves import COLUMNS, Wave, read_wave


@dataclass(frozen=True, slots=True)
class WaveMember:
    """`channels`, `reasons`: one of each step."""

    registration_id: UUID
    municipality: str | None
    excluded: str | None
    channels: list[str]
    reasons: list[str]
    again: bool


async def begin_preview(session: Session, wave_id: UUID) -> int:
    """Begin a preview and discard earlier ones; return its number."""
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
    """Write the snapshot of a preview. Return None if another preview has begun since."""
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
        where wave_id = $1 and preview = $2 and state = 'draft' returning {COLUMNS}
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
    return read_wave(row) if row else None


async def delete_old_members(session: Session, wave_id: UUID, preview: int, limit: int) -> int:
    return await session.execute(
        "delete from wave_member where ctid = any(array(select ctid from wave_member "
        "where wave_id = $1 and preview < $2 limit $3))",
        wave_id,
        preview,
        limit,
    )


async def load_members(
    session: Session, wave_id: UUID, preview: int, offset: int, limit: int
) -> list[WaveMember]:
    return await session.fetch(
        WaveMember,
        "select registration_id, municipality, excluded, channels, reasons, again from wave_member "
        "where wave_id = $1 and preview = $2 order by registration_id offset $3 limit $4",
        wave_id,
        preview,
        offset,
        limit,
    )
