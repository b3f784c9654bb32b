"""Whom a person's rows are about."""

from collections.abc import Sequence

import asyncpg

from contracts.events.ids import RegistrationId
from kit.database.database import Session


async def lock_shared_person(session: Session, owners: Sequence[RegistrationId]) -> asyncpg.Record | None:
    """Give the first of the registrations known here; the rows of all of them are held."""
    rows = await session.fetch(
        "select registration_id, incident_id, exercise from person where registration_id = any($1::uuid[])"
        " order by registration_id for share",
        list(owners),
    )
    return rows[0] if rows else None
