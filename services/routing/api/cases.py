"""The number of cases of an incident in each state."""

from typing import Any
from uuid import UUID

from fastapi import APIRouter

from services.routing.api.dependencies import WithDependencies
from services.routing.store import home_cases

router = APIRouter(tags=["cases"])
BUCKETS = ("waiting", "register_away", "resolved", "triage", "closed", "merged", "forgotten")


@router.get("/incidents/{incident_id}/buckets")
async def buckets(incident_id: UUID, deps: WithDependencies) -> dict[str, Any]:
    """Count each person in exactly one bucket; `total` is the sum."""
    async with deps.database.transaction() as session:
        found = await home_cases.count_buckets(session, incident_id)
    return {"total": sum(found.values()), "buckets": dict.fromkeys(BUCKETS, 0) | found}
