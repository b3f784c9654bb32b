"""The registrations of a person, for subject access."""

from collections.abc import Sequence
from uuid import UUID

from kit.database.database import Session
from kit.http.subject_access import Subject


async def lock_shared_subject(session: Session, owners: Sequence[UUID]) -> Subject | None:
    """Lock the known registrations of a person in shared mode. None: none is known here."""
    rows = await session.fetch(
        "select registration_id, incident_id, exercise from person where registration_id = any($1::uuid[])"
        " order by registration_id for share",
        list(owners),
    )
    return Subject(owners, dict(rows[0])) if rows else None
