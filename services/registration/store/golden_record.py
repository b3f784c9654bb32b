"""Who was recognised as somebody registered before, and has still to lend them what they lack."""

from collections.abc import Collection, Sequence
from datetime import datetime

import asyncpg

from contracts.events.ids import RegistrationId
from kit.database.database import Session


async def fresh_repeats(session: Session, limit: int) -> list[asyncpg.Record]:
    return await session.fetch(
        "select id, repeat_of from registration"
        " where repeat_of is not null and lent_at is null and forgotten_at is null order by id limit $1",
        limit,
    )


async def merged_with_others(session: Session, people: Collection[RegistrationId]) -> set[RegistrationId]:
    """Give those who speak for somebody by people's decision, which may be undone."""
    rows = await session.fetch(
        "select distinct into_id from merge where into_id = any($1::uuid[]) and undone_at is null",
        list(people),
    )
    return {row[0] for row in rows}


async def mark_lent(session: Session, repeats: Sequence[RegistrationId], at: datetime) -> None:
    await session.execute("update registration set lent_at = $2 where id = any($1::uuid[])", repeats, at)
