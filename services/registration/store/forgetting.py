"""Who is forgotten, and whose key is still to be deleted."""

from collections.abc import Sequence
from datetime import datetime

from contracts.ids import RegistrationId
from kit.database import Session


async def mark_forgotten(
    session: Session, registration_id: RegistrationId, at: datetime, by: str, why: bytes
) -> None:
    await session.run(
        "update registration set forgotten_at = $2, forgotten_by = $3, forgotten_why = $4"
        " where id = $1 or repeat_of = $1",
        registration_id, at, by, why,
    )  # fmt: skip
    await session.run(
        """
        with gone as (select id from registration where id = $1 or repeat_of = $1),
            claims as (delete from identity_claim where registration_id in (select id from gone))
        delete from blind_index where registration_id in (select id from gone)
        """,
        registration_id,
    )


async def keys_to_delete(session: Session, limit: int) -> list[RegistrationId]:
    rows = await session.fetch(
        "select id from registration where forgotten_at is not null and key_deleted_at is null"
        " order by id limit $1",
        limit,
    )
    return [row[0] for row in rows]


async def mark_keys_deleted(session: Session, registration_ids: Sequence[RegistrationId]) -> None:
    await session.run(
        "update registration set key_deleted_at = now() where id = any($1::uuid[])", registration_ids
    )
