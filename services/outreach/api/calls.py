"""HTTP in: the call list of a municipality, and what a nurse does with a call."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Path
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from contracts.vocabulary import CallOutcome
from kit.web import WithCaller
from services.outreach import calls as desk
from services.outreach.calls import Switchboard, Told
from services.outreach.store import calls

LISTED = 500  # calls shown at once
Kommunekode = Annotated[str, Path(pattern=r"^\d{4}$")]


class OutcomeBody(BaseModel):
    model_config = ConfigDict(extra="forbid")

    epoch: int
    outcome: CallOutcome
    note: str | None = Field(default=None, max_length=10_000, repr=False)
    call_back_at: AwareDatetime | None = None


class ReleaseBody(BaseModel):
    model_config = ConfigDict(extra="forbid")

    epoch: int


def routes(board: Switchboard) -> APIRouter:
    router = APIRouter(tags=["calls"])

    @router.get("/municipalities/{kommunekode}/calls")
    async def listed(kommunekode: Kommunekode, incident_id: UUID | None = None) -> dict[str, Any]:
        """List without personal data: whom to call is opened by a claim."""
        async with board.database.transaction() as session:
            rows = await calls.of_municipality(session, kommunekode, incident_id, LISTED)
        return {"calls": [dict(row) for row in rows]}

    @router.post("/calls/{contact_id}/claim")
    async def claim(contact_id: UUID, caller: WithCaller) -> dict[str, Any]:
        call = await desk.take(board, contact_id, caller.name)
        return {
            "contact_id": call.contact_id,
            "epoch": call.epoch,
            "lease_until": call.lease_until,
            "name": call.contact.name,
            "phone": call.contact.phone,
            "language": call.language,
            "interpreter": call.contact.interpreter,
            "protected": call.protected,
        }

    @router.post("/calls/{contact_id}/outcome")
    async def outcome(contact_id: UUID, body: OutcomeBody, caller: WithCaller) -> dict[str, str]:
        told = Told(body.epoch, body.outcome, body.note, body.call_back_at)
        return {"state": await desk.tell(board, contact_id, caller.name, told)}

    @router.post("/calls/{contact_id}/release")
    async def release(contact_id: UUID, body: ReleaseBody, caller: WithCaller) -> dict[str, str]:
        return {"state": await desk.put_back(board, contact_id, caller.name, body.epoch)}

    return router
