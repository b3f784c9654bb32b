"""Pages: messages with an unknown outcome. A message is sent again only when a person decides so."""

from dataclasses import dataclass
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Form, Request
from fastapi.responses import Response

from services.console.clients.service_client import Ok
from services.console.pages.incidents.context import incident_context
from services.console.web.dependencies import Dependencies
from services.console.web.renderer import NO_NAME, UNKNOWN_INCIDENT, Alert, alert_of, go
from services.console.web.session import Visitor, WithVisitor


@dataclass(frozen=True, slots=True)
class UnknownOutcomeLine:
    attempt_id: str
    channel: str
    since: str


def routes(deps: Dependencies) -> APIRouter:
    router = APIRouter(prefix="/incidents/{incident_id}/doubts", include_in_schema=False)

    @router.get("")
    async def doubts(request: Request, visitor: WithVisitor, incident_id: UUID) -> Response:
        return await _show(deps, request, visitor, incident_id)

    @router.post("/{attempt_id}/resend")
    async def resend(
        request: Request,
        visitor: WithVisitor,
        incident_id: UUID,
        attempt_id: UUID,
        why: Annotated[str, Form(max_length=500)] = "",
    ) -> Response:
        if not visitor.name:
            return await _show(deps, request, visitor, incident_id, NO_NAME)
        answer = await deps.services.post(
            "notify", f"/attempts/{attempt_id}/resend", actor=visitor.name, json={"why": why}
        )
        if not isinstance(answer, Ok):
            return await _show(deps, request, visitor, incident_id, alert_of(answer))
        return go(f"/incidents/{incident_id}/doubts?done=resent")

    return router


async def _show(
    deps: Dependencies, request: Request, visitor: Visitor, incident_id: UUID, alert: Alert | None = None
) -> Response:
    context = await incident_context(deps, incident_id)
    if context is None:
        return deps.renderer.page(request, visitor, "nothing.html", {"here": "/"}, alert=UNKNOWN_INCIDENT)
    answer = await deps.services.get("notify", f"/incidents/{incident_id}/doubts")
    if alert is None and not isinstance(answer, Ok):
        alert = alert_of(answer)
    listed: list[dict[str, Any]] = answer.json if isinstance(answer, Ok) else []
    context |= {
        "here": f"/incidents/{incident_id}/doubts",
        "doubts": [UnknownOutcomeLine(d["attempt_id"], d["channel"], d["since"]) for d in listed],
    }
    return deps.renderer.page(request, visitor, "unknown_outcomes/page.html", context, alert=alert)
