"""Pages: handovers to authorities, their deadlines, and the authorities' answers."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Any
from urllib.parse import urlencode
from uuid import UUID

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import Response, StreamingResponse

from contracts.events.vocabulary import RefusalReason
from services.console.clients.service_client import Document, Ok
from services.console.pages.handovers import view as views
from services.console.pages.incidents.context import head_context
from services.console.web.dependencies import Dependencies
from services.console.web.renderer import NO_NAME, Alert, alert_of, go, nothing
from services.console.web.session import Visitor, WithVisitor


class HandoverAnswer(StrEnum):
    ACCEPT = "accept"
    REFUSE = "refuse"
    FIRST_CONTACT = "first-contact"


@dataclass(frozen=True, slots=True)
class HandoverFilter:
    """Filter of the list, kept after an answer."""

    state: str = ""
    authority: str = ""

    def query(self, **more: str) -> str:
        wanted = more | {"state": self.state, "authority": self.authority}
        return urlencode({name: value for name, value in wanted.items() if value})


_ALL = HandoverFilter()


def _filter(
    state: Annotated[str, Form(max_length=40)] = "", authority: Annotated[str, Form(max_length=40)] = ""
) -> HandoverFilter:
    return HandoverFilter(state, authority)


def routes(deps: Dependencies) -> APIRouter:
    router = APIRouter(prefix="/incidents/{incident_id}/handovers", include_in_schema=False)
    _add_lists(router, deps)
    _add_record(router, deps)
    _add_answers(router, deps)
    return router


def _add_lists(router: APIRouter, deps: Dependencies) -> None:
    @router.get("")
    async def handovers(
        request: Request, visitor: WithVisitor, incident_id: UUID, state: str = "", authority: str = ""
    ) -> Response:
        return await _show(deps, request, visitor, incident_id, chosen=HandoverFilter(state, authority))

    @router.get("/counts")
    async def counts_again(visitor: WithVisitor, incident_id: UUID) -> Response:
        """Return the figures for the incident's page, which polls them."""
        context = await counts_context(deps, incident_id)
        html = deps.renderer.partial("handovers/_counts.html", visitor.translator.lang, context)
        return Response(html, media_type="text/html")


def _add_record(router: APIRouter, deps: Dependencies) -> None:
    @router.get("/{handover_id}/record.pdf")
    async def record(
        request: Request, visitor: WithVisitor, incident_id: UUID, handover_id: UUID
    ) -> Response:
        """Stream the handover record from routing, which logs who read it."""
        if not visitor.name:
            return await _show(deps, request, visitor, incident_id, NO_NAME)
        path = f"/handovers/{handover_id}/record.pdf"
        found = await deps.services.fetch("routing", path, actor=visitor.name)
        if not isinstance(found, Document):
            return await _show(deps, request, visitor, incident_id, alert_of(found))
        return document_response(found)


def document_response(found: Document) -> Response:
    headers = {"Content-Disposition": found.disposition}
    return StreamingResponse(found.pieces, media_type=found.media_type, headers=headers)


def _add_answers(router: APIRouter, deps: Dependencies) -> None:
    @router.post("/{handover_id}/{answer}")
    async def answer(
        request: Request,
        visitor: WithVisitor,
        incident_id: UUID,
        handover_id: UUID,
        answer: HandoverAnswer,
        chosen: Annotated[HandoverFilter, Depends(_filter)],
        reason: Annotated[RefusalReason | None, Form()] = None,
        why: Annotated[str, Form(max_length=500)] = "",
    ) -> Response:
        if not visitor.name:
            return await _show(deps, request, visitor, incident_id, NO_NAME, chosen=chosen)
        body: dict[str, Any] | None = (
            {"reason": reason, "why": why} if answer is HandoverAnswer.REFUSE else None
        )
        response = await deps.services.post(
            "routing", f"/handovers/{handover_id}/{answer}", actor=visitor.name, json=body
        )
        if not isinstance(response, Ok):
            return await _show(deps, request, visitor, incident_id, alert_of(response), chosen=chosen)
        return go(f"/incidents/{incident_id}/handovers?{chosen.query(done=answer)}")


async def _show(
    deps: Dependencies,
    request: Request,
    visitor: Visitor,
    incident_id: UUID,
    alert: Alert | None = None,
    *,
    chosen: HandoverFilter = _ALL,
) -> Response:
    context = await head_context(deps, incident_id)
    if context is None:
        return nothing(deps.renderer, request, visitor)
    context |= await counts_context(deps, incident_id)
    context |= await _lines_context(deps, incident_id, chosen)
    context |= {"here": f"/incidents/{incident_id}/handovers"}
    return deps.renderer.page(request, visitor, "handovers/page.html", context, alert=alert)


async def counts_context(deps: Dependencies, incident_id: UUID) -> dict[str, Any]:
    """Return the number of people in each state. `counts` is None if routing does not answer."""
    answer = await deps.services.get("routing", f"/incidents/{incident_id}/handovers/counts")
    counts = views.counts(answer.json) if isinstance(answer, Ok) else None
    total = answer.json["total"] if isinstance(answer, Ok) else 0
    warnings = answer.json.get("warnings", []) if isinstance(answer, Ok) else []
    return {"counts": counts, "total": total, "warnings": warnings, "incident_id": incident_id}


async def _lines_context(deps: Dependencies, incident_id: UUID, chosen: HandoverFilter) -> dict[str, Any]:
    names = await deps.authority_names()
    state, authority = chosen.state if chosen.state in views.STATES else "", chosen.authority
    asked_of = "region" if views.is_region(authority) else "authority"
    wanted = {"limit": str(views.SHOWN), "state": state, asked_of: authority}
    asked = urlencode({name: value for name, value in wanted.items() if value})
    answer = await deps.services.get("routing", f"/incidents/{incident_id}/handovers?{asked}")
    rows = answer.json if isinstance(answer, Ok) else []
    return {
        "shares": views.by_authority(rows, names, deps.clock.now()),
        "known": isinstance(answer, Ok),
        "cut": len(rows) >= views.SHOWN,
        "states": views.STATES,
        "state": state,
        "authority": authority,
        "authorities": views.choices(names),
        "refusals": views.REFUSALS,
    }
