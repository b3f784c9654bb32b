"""Pages: possible duplicates, compared side by side and merged with the approval of two people."""

from enum import StrEnum
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Form, Request
from fastapi.responses import Response

from services.console.clients.service_client import Ok, header_value
from services.console.pages.duplicates import view as views
from services.console.pages.incidents.context import head_context
from services.console.web.address_masking import mask_addresses
from services.console.web.dependencies import Dependencies
from services.console.web.renderer import NO_NAME, Alert, alert_of, go, nothing
from services.console.web.session import Visitor, WithVisitor


class ReviewStep(StrEnum):
    SUGGEST = "suggest"
    CONFIRM = "confirm"
    DISMISS = "dismiss"
    UNDO = "undo"


def routes(deps: Dependencies) -> APIRouter:
    router = APIRouter(prefix="/incidents/{incident_id}/duplicates", include_in_schema=False)

    @router.get("")
    async def duplicates(
        request: Request, visitor: WithVisitor, incident_id: UUID, state: str = ""
    ) -> Response:
        return await _show(deps, request, visitor, incident_id, state=state)

    @router.get("/{duplicate_id}")
    async def side_by_side(
        request: Request, visitor: WithVisitor, incident_id: UUID, duplicate_id: UUID
    ) -> Response:
        return await _show_pair(deps, request, visitor, incident_id, duplicate_id)

    @router.post("/{duplicate_id}/{step}")
    async def decide(
        request: Request,
        visitor: WithVisitor,
        incident_id: UUID,
        duplicate_id: UUID,
        step: ReviewStep,
        why: Annotated[str, Form(max_length=500)] = "",
    ) -> Response:
        if not visitor.name:
            return await _show_pair(deps, request, visitor, incident_id, duplicate_id, NO_NAME)
        answer = await deps.services.post(
            "registration",
            f"/duplicates/{duplicate_id}/{step}",
            actor=visitor.name,
            json={"why": why.strip() or None},
        )
        if not isinstance(answer, Ok):
            return await _show_pair(deps, request, visitor, incident_id, duplicate_id, alert_of(answer))
        ask = ",".join(views.to_ask(answer.json))
        return go(f"/incidents/{incident_id}/duplicates?done={step}" + (f"&ask={ask}" if ask else ""))

    return router


async def _show(
    deps: Dependencies,
    request: Request,
    visitor: Visitor,
    incident_id: UUID,
    alert: Alert | None = None,
    *,
    state: str = "",
) -> Response:
    context = await head_context(deps, incident_id)
    if context is None:
        return nothing(deps.renderer, request, visitor)
    chosen = state if state in views.STATES else ""
    path = f"/incidents/{incident_id}/duplicates" + (f"?state={chosen}" if chosen else "")
    answer = await deps.services.get("registration", path, actor=visitor.name or None)
    pairs = views.lines(answer.json, header_value(visitor.name)) if isinstance(answer, Ok) else None
    context |= {
        "here": f"/incidents/{incident_id}/duplicates",
        "pairs": pairs,
        "states": views.STATES,
        "state": chosen,
        "ask": views.known_fields(request.query_params.get("ask", "")),
    }
    return deps.renderer.page(request, visitor, "duplicates/page.html", context, alert=alert)


async def _show_pair(
    deps: Dependencies,
    request: Request,
    visitor: Visitor,
    incident_id: UUID,
    duplicate_id: UUID,
    alert: Alert | None = None,
) -> Response:
    """Show both registrations. A name is required: registration logs who looked."""
    if not visitor.name:
        return await _show(deps, request, visitor, incident_id, alert or NO_NAME)
    context: dict[str, Any] | None = await head_context(deps, incident_id)
    if context is None:
        return nothing(deps.renderer, request, visitor)
    answer = await deps.services.get("registration", f"/duplicates/{duplicate_id}", actor=visitor.name)
    if not isinstance(answer, Ok):
        return await _show(deps, request, visitor, incident_id, alert or alert_of(answer))
    people = await mask_addresses(deps, answer.json["people"], visitor.name)
    context |= {
        "here": f"/incidents/{incident_id}/duplicates/{duplicate_id}",
        "pair": views.pair(answer.json | {"people": people}, header_value(visitor.name)),
    }
    return deps.renderer.page(request, visitor, "duplicates/pair.html", context, alert=alert)
