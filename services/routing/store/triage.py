"""The cases a person has to look at."""

from datetime import date
from uuid import UUID

import asyncpg

from kit.database import Session


async def rule(
    session: Session, registration_id: UUID, on: date, home: tuple[str, str | None], contactability: str
) -> None:
    """Write that a person has decided; `home`: municipality and region.

    The epoch moves: a worker that has the case in hand comes too late.
    """
    await session.run(
        "update home_case set state = 'resolved', queue = null, reason = null, decided_on = $2, ruled = $3, "
        "municipality = $3, region = $5, facts_changed = false, contactability = $4, candidates = '{}', "
        "since = null, epoch = epoch + 1, lease_until = null where registration_id = $1",
        registration_id,
        on,
        home[0],
        contactability,
        home[1],
    )


async def triage(session: Session, incident_id: UUID, limit: int) -> list[asyncpg.Record]:
    return await session.fetch(
        "select registration_id, queue, reason, candidates, since from home_case "
        "where incident_id = $1 and queue is not null order by since, registration_id limit $2",
        incident_id,
        limit,
    )


async def in_triage(session: Session) -> int:
    return int(await session.fetchval("select count(*) from home_case where queue is not null"))
