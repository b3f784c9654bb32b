"""The decisions about a person's home authority."""

from typing import Any

from fastapi import APIRouter

from contracts.events.ids import RegistrationId
from kit.database import outbox
from kit.http.web import WithCaller
from kit.privacy.sealing import DataKey
from services.routing.api.dependencies import (
    WithDependencies,
    note_seen_event,
    open_note,
    unknown_registration,
)
from services.routing.store import decisions, home_cases

router = APIRouter(tags=["decisions"])


@router.get("/registrations/{registration_id}/decisions")
async def list_decisions(
    registration_id: RegistrationId, caller: WithCaller, deps: WithDependencies
) -> list[dict[str, Any]]:
    """Return every decision, oldest first. Opening an official's note is recorded in the audit log first."""
    keys = await deps.keyring.read([registration_id])
    async with deps.database.transaction() as session:
        case = await home_cases.find_case(session, registration_id)
        if case is None:
            raise unknown_registration()
        rows = await decisions.list_decisions(session, registration_id)
        if any(row.note for row in rows):
            await outbox.emit(session, [note_seen_event(case, caller, deps, "decisions")])
    return [_decision(row, keys.get(registration_id)) for row in rows]


def _decision(row: decisions.ListedDecision, key: DataKey | None) -> dict[str, Any]:
    return {
        "on": row.on_date,
        "outcome": row.outcome,
        "municipality": row.municipality,
        "region": row.region,
        "health_council": row.health_council,
        "acting": row.acting,
        "reason": open_note(row.note, key) or row.reason,
        "candidates": row.candidates,
        "doubts": row.doubts,
        "decided_at": row.decided_at,
        "by": row.decided_by,
    }
