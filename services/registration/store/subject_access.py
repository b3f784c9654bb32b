"""The registrations of one person, for subject access and erasure."""

from dataclasses import dataclass
from datetime import datetime

from contracts.events.ids import IncidentId, RegistrationId
from kit.database.database import Session


@dataclass(frozen=True, slots=True)
class HeldRegistration:
    id: RegistrationId
    incident_id: IncidentId
    exercise: bool
    forgotten_at: datetime | None


async def lock_shared_registrations(
    session: Session, registration_id: RegistrationId
) -> list[HeldRegistration]:
    """Lock in shared mode all registrations of a person. The first registration comes first."""
    return await session.fetch(
        HeldRegistration,
        """
        with first as (select coalesce(repeat_of, id) as id from registration where id = $1)
        select r.id, r.incident_id, i.exercise, r.forgotten_at
        from registration r join incident i on i.id = r.incident_id, first
        where r.id = first.id or r.repeat_of = first.id
        order by r.repeat_of is not null, r.id
        for share of r
        """,
        registration_id,
    )
