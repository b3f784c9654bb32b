"""HTTP in: the follow-ups of an authority after calls: list, count, open, close with a reason."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from contracts.events.ids import AUTHORITY_CODE
from kit.http.web import WithCaller
from services.outreach.api.calls import LISTED, Authority, check_authority
from services.outreach.dependencies import Dependencies
from services.outreach.store import follow_ups
from services.outreach.use_cases import close_follow_up

Why = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=1000)]


class OpenBody(BaseModel):
    model_config = ConfigDict(extra="forbid")

    authority: str = Field(pattern=AUTHORITY_CODE)  # on whose list the follow-up is


class CloseBody(OpenBody):
    why: Why = Field(repr=False)


def routes(dependencies: Dependencies) -> APIRouter:
    router = APIRouter(tags=["follow-ups"])

    @router.get("/authorities/{authority}/follow-ups")
    async def listed(authority: Authority, incident_id: UUID | None = None) -> dict[str, Any]:
        """List the open follow-ups of an authority without personal data."""
        async with dependencies.database.transaction() as session:
            await check_authority(session, authority)
            return {"follow_ups": await follow_ups.list_open(session, authority, incident_id, LISTED)}

    @router.get("/follow-ups")
    async def counted() -> dict[str, Any]:
        """Count the open follow-ups by authority."""
        async with dependencies.database.transaction() as session:
            return {"open": await follow_ups.count_open(session)}

    @router.post("/follow-ups/{follow_up_id}/open")
    async def open_follow_up(follow_up_id: UUID, body: OpenBody, caller: WithCaller) -> dict[str, Any]:
        opened = await close_follow_up.open_follow_up(dependencies, follow_up_id, caller.name, body.authority)
        return {
            "follow_up_id": follow_up_id,
            "reason": opened.follow_up.reason,
            "outcome": opened.follow_up.outcome,
            "told_by": opened.follow_up.told_by,
            "told_at": opened.follow_up.told_at,
            "name": opened.contact.name,
            "phone": opened.contact.phone,
            "protected": opened.protected,
            "note": opened.note,
            "hindrance": opened.hindrance,
            "child": opened.child,
            "guardian": opened.contact.guardian if opened.child else None,
        }

    @router.post("/follow-ups/{follow_up_id}/close")
    async def close(follow_up_id: UUID, body: CloseBody, caller: WithCaller) -> dict[str, Any]:
        at = await close_follow_up.close_follow_up(
            dependencies, follow_up_id, caller.name, body.authority, body.why
        )
        return {"follow_up_id": follow_up_id, "closed_at": at}

    return router
