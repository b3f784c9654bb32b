"""Merges and their undoing: which registration speaks for which.

repeat_of always names the one that speaks for all. Where that is not whom a registration was recognised as,
or merged into, itself, `within` names that one, so that an undone merge takes its own along.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import asyncpg

from contracts.events.ids import RegistrationId
from contracts.wire.sealed import Sealed
from kit.database.database import Session
from services.registration.store import columns

_MERGE = columns.of("m", columns.MERGE)


@dataclass(frozen=True, slots=True)
class Merge:
    id: UUID
    away: RegistrationId
    into: RegistrationId
    merged_at: datetime
    gained: bytes  # domain.merge.Gained, sealed with the key of `into`


def _merge(row: asyncpg.Record) -> Merge:
    return Merge(row["id"], row["away"], row["into_id"], row["merged_at"], row["gained"])


async def insert_merge(
    session: Session,
    merge_id: UUID,
    duplicate_id: UUID,
    away: RegistrationId,
    into: RegistrationId,
    at: datetime,
    gained: Sealed,
) -> None:
    await session.execute(
        "insert into merge (id, duplicate_id, away, into_id, merged_at, gained)"
        " values ($1, $2, $3, $4, $5, $6)",
        merge_id, duplicate_id, away, into, at, gained,
    )  # fmt: skip


async def point(session: Session, away: RegistrationId, into: RegistrationId) -> None:
    """Let one speak for the other, and for whom the other spoke for."""
    await session.execute(
        "update registration set within = coalesce(within, repeat_of), repeat_of = $2 where repeat_of = $1",
        away, into,
    )  # fmt: skip
    await session.execute("update registration set repeat_of = $2 where id = $1", away, into)


async def part(
    session: Session, away: RegistrationId, into: RegistrationId
) -> dict[RegistrationId, bytes | None]:
    """Let one speak for itself again, and for whom it brought along. Give them all, with their identities."""
    rows = await session.fetch(
        """
        with recursive under as (
            select id from registration where id = $1
            union all
            select r.id from registration r join under u on coalesce(r.within, r.repeat_of) = u.id
            where r.repeat_of = $2
        )
        update registration r
        set repeat_of = case when r.id = $1 then null else $1 end, within = nullif(r.within, $1),
            compared_at = null
        from under where r.id = under.id
        returning r.id, r.identity
        """,
        away, into,
    )  # fmt: skip
    return {row["id"]: row["identity"] for row in rows}


async def move_repeats(session: Session, repeats: Collection[RegistrationId], first: RegistrationId) -> None:
    await session.execute(
        "update registration set repeat_of = $2 where id = any($1::uuid[])", list(repeats), first
    )


async def repeats_since(session: Session, merge: Merge) -> list[asyncpg.Record]:
    """Give who was recognised as the person by an identity value while they were merged."""
    return await session.fetch(
        """
        select r.id, r.identity from registration r
        where r.repeat_of = $1 and r.within is null and r.id > $2 and r.identity is not null
            and not exists (select from merge m where m.away = r.id and m.undone_at is null)
        order by r.id
        """,
        merge.into, merge.id,
    )  # fmt: skip


async def standing_of(session: Session, duplicate_id: UUID) -> Merge | None:
    row = await session.fetchrow(
        f"select {_MERGE} from merge m where duplicate_id = $1 and undone_at is null",  # noqa: S608 - our own
        duplicate_id,
    )
    return _merge(row) if row else None


async def is_away(session: Session, registration_id: RegistrationId) -> bool:
    """Return whether people have merged somebody into another."""
    return bool(
        await session.fetchval(
            "select exists (select from merge where away = $1 and undone_at is null)", registration_id
        )
    )


async def merged_into(session: Session, into: RegistrationId) -> list[Merge]:
    """Give the merges by which others were merged into one itself, oldest first."""
    rows = await session.fetch(
        f"select {_MERGE} from merge m "  # noqa: S608 - our own column names
        "where into_id = $1 and undone_at is null order by merged_at, id",
        into,
    )
    return [_merge(row) for row in rows]


async def merged_away(
    session: Session, speakers: Collection[RegistrationId]
) -> dict[RegistrationId, list[RegistrationId]]:
    """Give who was merged into each of these, directly or by way of another that was."""
    rows = await session.fetch(
        "select distinct r.repeat_of, r.id from registration r join merge m on m.away = r.id"
        " where r.repeat_of = any($1::uuid[]) and m.undone_at is null order by r.repeat_of, r.id",
        list(speakers),
    )
    found: dict[RegistrationId, list[RegistrationId]] = {}
    for row in rows:
        found.setdefault(row["repeat_of"], []).append(row["id"])
    return found


async def set_gained(session: Session, merge_id: UUID, gained: Sealed) -> None:
    await session.execute("update merge set gained = $2 where id = $1", merge_id, gained)


async def mark_undone(session: Session, merge_id: UUID, at: datetime) -> None:
    await session.execute("update merge set undone_at = $2 where id = $1", merge_id, at)


async def withdrawals_since(session: Session, merge: Merge) -> list[asyncpg.Record]:
    """Give what was withdrawn while the two were one, whichever of them was named."""
    return await session.fetch(
        f"""
        select {columns.of("e", columns.CONSENT_ENTRY)}
        from registration r join consent_entry e on e.registration_id = r.id
        where (r.id = $1 or r.repeat_of = $1) and e.kind = 'withdrawn' and e.recorded_at >= $2
        order by e.at, e.id
        """,  # noqa: S608 - our own column names
        merge.into, merge.merged_at,
    )  # fmt: skip
