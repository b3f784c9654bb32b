"""Store of subject access: the person that rows are about."""

from collections.abc import Sequence

import asyncpg

from contracts.events.ids import RegistrationId
from kit.database.database import Session


async def lock_shared_person(session: Session, owners: Sequence[RegistrationId]) -> asyncpg.Record | None:
    """Lock the registrations FOR SHARE; return the first that is known here."""
    rows = await session.fetch(
        "select registration_id, incident_id, exercise from person where registration_id = any($1::uuid[])"
        " order by registration_id for share",
        list(owners),
    )
    return rows[0] if rows else None
