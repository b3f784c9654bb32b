"""HTTP in: the call list of an authority, and claim, outcome and release of a call."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Path
from pydantic import BaseModel, ConfigDict, Field

from contracts.events.ids import AUTHORITY_CODE
from contracts.events.vocabulary import CallOutcome
from contracts.wire.error_codes import ErrorCode
from contracts.wire.errors import FieldError
from kit.database.database import Session
from kit.http.timestamps import Timestamp
from kit.http.web import Problem, WithCaller
from services.outreach.dependencies import Dependencies
from services.outreach.store import calls, people
from services.outreach.use_cases import take_calls
from services.outreach.use_cases.record_call_outcome import CallReport, SavedReport, record_outcome

LISTED = 500  # calls shown at once
NOTE_LENGTH = 10_000
Authority = Annotated[str, Path(pattern=AUTHORITY_CODE)]


class ClaimBody(BaseModel):
    model_config = ConfigDict(extra="forbid")

    authority: str = Field(pattern=AUTHORITY_CODE)  # on whose list the call is


class OutcomeBody(BaseModel):
    model_config = ConfigDict(extra="forbid")

    epoch: int
    outcome: CallOutcome
    note: str | None = Field(default=None, max_length=NOTE_LENGTH, repr=False)
    call_back_at: Timestamp | None = None


class ReleaseBody(BaseModel):
    model_config = ConfigDict(extra="forbid")

    epoch: int
    note: str | None = Field(default=None, max_length=NOTE_LENGTH, repr=False)


def routes(dependencies: Dependencies) -> APIRouter:
    router = APIRouter(tags=["calls"])

    @router.get("/authorities/{authority}/calls")
    async def listed(authority: Authority, incident_id: UUID | None = None) -> dict[str, Any]:
        """List the calls of an acting authority without personal data. A claim reveals the person."""
        async with dependencies.database.transaction() as session:
            await check_authority(session, authority)
            rows = await calls.load_call_list(session, authority, incident_id, LISTED)
            rows = await take_calls.claimable(session, rows)
        return {"calls": await take_calls.with_preferred_times(dependencies, rows)}

    @router.post("/calls/{contact_id}/claim")
    async def claim(contact_id: UUID, body: ClaimBody, caller: WithCaller) -> dict[str, Any]:
        return _call_card(await take_calls.claim_call(dependencies, contact_id, caller.name, body.authority))

    @router.post("/calls/{contact_id}/outcome")
    async def outcome(contact_id: UUID, body: OutcomeBody, caller: WithCaller) -> dict[str, Any]:
        """Record the outcome of a call. `unchanged` is the reason if the state of the call did not change."""
        report = CallReport(body.epoch, body.outcome, body.note, body.call_back_at)
        return _saved(await record_outcome(dependencies, contact_id, caller.name, report))

    @router.post("/calls/{contact_id}/release")
    async def release(contact_id: UUID, body: ReleaseBody, caller: WithCaller) -> dict[str, Any]:
        saved = await record_outcome(
            dependencies, contact_id, caller.name, CallReport(body.epoch, note=body.note)
        )
        if saved.unchanged is not None and not saved.note:
            raise Problem(
                409,
                "You no longer hold this call. It was cancelled or claimed by someone else.",
                errors=[FieldError("epoch", ErrorCode.OUT_OF_DATE)],
                code="claim-lost",
            )
        return _saved(saved)

    return router


async def check_authority(session: Session, authority: str) -> None:
    if not await people.authority_exists(session, authority):
        raise Problem(
            404,
            "This authority has no call list. Check the authority's id.",
            errors=[FieldError("authority", ErrorCode.UNKNOWN)],
            code="unknown-authority",
        )


def _call_card(call: take_calls.OpenedCall) -> dict[str, Any]:
    return {
        "contact_id": call.contact_id,
        "epoch": call.epoch,
        "lease_until": call.lease_until,
        "name": call.contact.name,
        "phone": call.contact.phone,
        "language": call.language,
        "interpreter": call.contact.interpreter,
        "preferred_time": call.contact.preferred_time,
        "protected": call.protected,
        "child": call.child,
        "guardian": call.contact.guardian if call.child else None,
    }


def _saved(saved: SavedReport) -> dict[str, Any]:
    parts = {"outcome": saved.outcome, "note": saved.note}
    return {
        "state": saved.state,
        "unchanged": saved.unchanged,
        "kept": [name for name, was in parts.items() if was],
    }
