"""The authorities of incidents, and consents that name only unknown authorities."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from contracts.events.ids import AuthorityId, IncidentId
from kit.database.database import Session
from services.routing.domain.period import day_of
from services.routing.domain.unknown_authority import IncidentAuthorities

_SCENE = "select incident_id, started_at, event_authorities, exercise from incident"
# The same rule as domain.unknown_authority.names_only_unknown, for people whose case is not disclosed.
_COVERING_NOBODY = """
select exercise, count(*) as people from standing
where status = 'not_passed_on' and cardinality(consent_authorities) > 0
    and not consent_authorities && $1::text[] and consent_expires_at > $2
    and (withdrawn_at is null or consent_given_at > withdrawn_at)
group by 1
"""


@dataclass(frozen=True, slots=True)
class _IncidentRow:
    incident_id: IncidentId
    started_at: datetime | None
    event_authorities: list[AuthorityId]
    exercise: bool


async def load_incident(session: Session, incident_id: UUID) -> IncidentAuthorities:
    row = await session.fetchrow(_IncidentRow, f"{_SCENE} where incident_id = $1", incident_id)
    return (
        IncidentAuthorities(IncidentId(incident_id), None, (), exercise=False) if row is None else _scene(row)
    )


async def load_incidents(session: Session) -> list[IncidentAuthorities]:
    return [
        _scene(row) for row in await session.fetch(_IncidentRow, f"{_SCENE} where started_at is not null")
    ]


async def count_naming_only_unknown(
    session: Session, known: Collection[str], at: datetime
) -> dict[bool, int]:
    """Count people whose consent names only unknown authorities, by exercise."""
    return await session.fetchpairs(_COVERING_NOBODY, list(known), at)


def _scene(row: _IncidentRow) -> IncidentAuthorities:
    on = None if row.started_at is None else day_of(row.started_at)
    return IncidentAuthorities(row.incident_id, on, tuple(row.event_authorities), exercise=row.exercise)
