"""What corrections replaced, sealed as it was."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import asyncpg

from contracts.ids import RegistrationId
from kit.database import Session
from services.registration.store.people import PARTICULARS


async def keep_version(
    session: Session, version_id: UUID, registration_id: RegistrationId, changed: Sequence[str],
    at: datetime, by: str, why: bytes,
) -> None:  # fmt: skip
    """Copy what the row holds now, before it is changed. The row is locked by the caller."""
    names = ", ".join(PARTICULARS)
    await session.run(
        f"""
        insert into person_version (id, registration_id, number, key_of, changed, replaced_at, replaced_by,
            why, {names})
        select $2, id, (select count(*) + 1 from person_version where registration_id = $1), id, $3, $4, $5,
            $6, {names}
        from registration where id = $1
        """,  # noqa: S608 - our own column names
        registration_id, version_id, list(changed), at, by, why,
    )  # fmt: skip


async def versions(session: Session, registration_id: RegistrationId) -> list[asyncpg.Record]:
    """Oldest first."""
    return await session.fetch(
        "select * from person_version where registration_id = $1 order by number", registration_id
    )
