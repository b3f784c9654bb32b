"""Former versions of people, sealed."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import asyncpg

from contracts.events.ids import RegistrationId
from kit.database.database import Session
from services.registration.store import columns
from services.registration.store.people import PARTICULARS

_VERSION = columns.of("v", columns.PERSON_VERSION)


async def keep_version(
    session: Session, version_id: UUID, registration_id: RegistrationId, changed: Sequence[str],
    at: datetime, by: str, why: bytes, addressed: RegistrationId | None,
) -> None:  # fmt: skip
    """Copy the current row before it is changed. The caller has locked it."""
    names = ", ".join(PARTICULARS)
    await session.execute(
        f"""
        insert into person_version (id, registration_id, number, key_of, changed, replaced_at, replaced_by,
            why, addressed, {names})
        select $2, id, (select count(*) + 1 from person_version where registration_id = $1), id, $3, $4, $5,
            $6, $7, {names}
        from registration where id = $1
        """,  # noqa: S608 - our own column names
        registration_id, version_id, list(changed), at, by, why, addressed,
    )  # fmt: skip


async def blank_while_merged(session: Session, gone: Sequence[RegistrationId]) -> None:
    """Blank data of erased people in the versions of others, from the time of a merge that was undone."""
    await session.execute(
        """
        update person_version v
        set identity = null, contact = '', note = null, circumstances = null, why = ''
        from merge m
        where m.away = any($1::uuid[]) and m.undone_at is not null and v.registration_id = m.into_id
            and v.replaced_at > m.merged_at and v.replaced_at <= m.undone_at
        """,
        gone,
    )


async def versions(session: Session, registration_id: RegistrationId) -> list[asyncpg.Record]:
    """Return the former versions of a person, oldest first."""
    return await session.fetch(
        f"select {_VERSION} from person_version v where registration_id = $1 order by number",  # noqa: S608 - our own
        registration_id,
    )


async def versions_since(
    session: Session, registration_id: RegistrationId, at: datetime
) -> list[asyncpg.Record]:
    """Return the versions replaced after a merge, oldest first, without the one that the merge replaced."""
    return await session.fetch(
        f"select {_VERSION} from person_version v "  # noqa: S608 - our own
        "where registration_id = $1 and replaced_at > $2 order by number",
        registration_id, at,
    )  # fmt: skip


async def doubtful(session: Session, duplicate_id: UUID) -> asyncpg.Record | None:
    """Return the two people whose merge was undone last, and the fields of unknown origin.

    Such a field was corrected for both people, or its former value was blanked by an erasure.
    """
    return await session.fetchrow(
        """
        select m.into_id, m.away, array(
            select distinct name from person_version v, unnest(v.changed) as name
            where v.registration_id = m.into_id and v.replaced_at > m.merged_at
                and v.replaced_at < m.undone_at and (v.addressed = m.into_id or v.contact = '')
                and name <> 'channels'
            order by name
        ) as fields
        from merge m where m.duplicate_id = $1 and m.undone_at is not null order by m.id desc limit 1
        """,
        duplicate_id,
    )
