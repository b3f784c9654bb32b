"""The registrations of a person, for subject access."""

from collections.abc import Sequence

import asyncpg

from contracts.events.ids import RegistrationId
from kit.database.database import Session


async def lock_shared_person(session: Session, owners: Sequence[RegistrationId]) -> asyncpg.Record | None:
    """Lock all known registrations in share mode; return the first."""
    rows = await session.fetch(
        "select registration_id, incident_id, exercise from home_case where registration_id = any($1::uuid[])"
        " order by registration_id for share",
        list(owners),
    )
    return rows[0] if rows else None
