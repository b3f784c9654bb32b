"""Every decision ever taken about a person's home authority."""

from typing import Any

import asyncpg
from fastapi import APIRouter

from contracts import personal
from contracts.audit import PersonalDataSeen
from contracts.ids import RegistrationId
from kit import outbox
from kit.sealing import DataKey, Unopenable
from kit.web import Caller, WithCaller
from services.routing.api.office import Office, WithOffice, unknown
from services.routing.store import decisions, home_cases

router = APIRouter(tags=["decisions"])


@router.get("/registrations/{registration_id}/decisions")
async def of_a_person(
    registration_id: RegistrationId, caller: WithCaller, office: WithOffice
) -> list[dict[str, Any]]:
    """Give every decision, the oldest first. That an official's words are opened is on record before."""
    keys = await office.keyring.read([registration_id])
    async with office.database.transaction() as session:
        case = await home_cases.find_case(session, registration_id)
        if case is None:
            raise unknown()
        rows = await decisions.decisions(session, registration_id)
        if any(row["note"] for row in rows):
            await outbox.emit(session, [_seen(case, caller, office)])
    return [_decision(row, keys.get(registration_id)) for row in rows]


def _decision(row: asyncpg.Record, key: DataKey | None) -> dict[str, Any]:
    return {
        "on": row["on_date"],
        "outcome": row["outcome"],
        "municipality": row["municipality"],
        "region": row["region"],
        "health_council": row["health_council"],
        "acting": row["acting"],
        "reason": _words(row["note"], key) or row["reason"],
        "candidates": row["candidates"],
        "doubts": row["doubts"],
        "decided_at": row["decided_at"],
        "by": row["decided_by"],
    }


def _words(note: bytes | None, key: DataKey | None) -> str | None:
    if note is None or key is None:
        return None
    try:
        return key.open(personal.NOTE, note, personal.Note).text
    except Unopenable:
        return None


def _seen(case: asyncpg.Record, caller: Caller, office: Office) -> PersonalDataSeen:
    return PersonalDataSeen(
        incident_id=case["incident_id"],
        exercise=case["exercise"],
        registration_id=case["registration_id"],
        actor=caller.name,
        field_sets=(personal.NOTE,),
        purpose="decisions",
        seen_at=office.clock.now(),
    )
