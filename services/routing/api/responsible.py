"""Who answers for a registration now."""

from datetime import datetime
from typing import Any

import asyncpg
from fastapi import APIRouter

from contracts.ids import AuthorityId, RegistrationId
from services.routing.api.office import WithOffice, unknown
from services.routing.domain.handover import Status
from services.routing.domain.responsible import Holder, Who, holder
from services.routing.store import handover_lists

router = APIRouter(tags=["handovers"])


@router.get("/registrations/{registration_id}/responsible")
async def responsible(registration_id: RegistrationId, office: WithOffice) -> dict[str, Any]:
    """Give who holds it (an authority that accepted, a triage queue, the event authority), and since when."""
    async with office.database.transaction() as session:
        row = await handover_lists.where(session, registration_id)
    if row is None:
        raise unknown()
    held_by = None if row["held_by"] is None else AuthorityId(row["held_by"])
    found = holder(held_by, _status(row), _queue(row), row["event_authority"])
    into = row["merged_into"] if found.who is Who.OTHER_REGISTRATION else None
    return {
        "registration_id": registration_id,
        "who": found.who,
        "name": found.name,
        "since": _since(row, found),
        "into": into,
    }


def _status(row: asyncpg.Record) -> Status:
    """Read the status. A person without a key is forgotten before that is told."""
    return Status.FORGOTTEN if row["state"] == "forgotten" else Status(row["status"])


def _queue(row: asyncpg.Record) -> str | None:
    return row["queue"] if row["state"] == "triage" else None


def _since(row: asyncpg.Record, found: Holder) -> datetime:
    since: datetime = row["status_since"]
    if found.who is Who.AUTHORITY:
        since = row["accepted_at"]
    if found.who is Who.TRIAGE_QUEUE and row["state"] == "triage":
        since = row["since"]
    return since
