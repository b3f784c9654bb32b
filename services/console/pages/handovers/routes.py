"""Pages: what is handed over to whom, the clock of each, and the answers of the authorities."""

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
    """What somebody has narrowed the list down to: it stays so when they answer."""

    state: str = ""
    authority: str = ""

    def query(self, **more: str) -> str:
        wanted = more | {"state": self.state, "authority": self.authority}
        return urlencode({name: value for name, value in wanted.items() if value})


_ALL = HandoverFilter()


def _chosen(
    state: Annotated[str, Form(max_length=40)] = "", authority: Annotated[str, Form(max_length=40)] = ""
) -> HandoverFilter:
    return HandoverFilter(state, authority)


def routes(deps: Dependencies) -> APIRouter:
    router = APIRouter(prefix="/incidents/{incident_id}/handovers", include_in_schema=False)
    _looking(router, deps)
    _record(router, deps)
    _answering(router, deps)
    return router


def _looking(router: APIRouter, deps: Dependencies) -> None:
    @router.get("")
    async def handovers(
        request: Request, visitor: WithVisitor, incident_id: UUID, state: str = "", authority: str = ""
    ) -> Response:
        return await _show(deps, request, visitor, incident_id, chosen=HandoverFilter(state, authority))

    @router.get("/counts")
    async def counts_again(visitor: WithVisitor, incident_id: UUID) -> Response:
        """Give the figures to the incident's page, which asks for them now and then."""
        context = await counts_context(deps, incident_id)
        html = deps.renderer.partial("handovers/_counts.html", visitor.translator.lang, context)
        return Response(html, media_type="text/html")


def _record(router: APIRouter, deps: Dependencies) -> None:
    @router.get("/{handover_id}/record.pdf")
    async def record(
        request: Request, visitor: WithVisitor, incident_id: UUID, handover_id: UUID
    ) -> Response:
        """Pass on what was passed on, as routing prints it and keeps on record who looked."""
        if not visitor.name:
            return await _show(deps, request, visitor, incident_id, NO_NAME)
        path = f"/handovers/{handover_id}/record.pdf"
        found = await deps.services.fetch("routing", path, actor=visitor.name)
        if not isinstance(found, Document):
            return await _show(deps, request, visitor, incident_id, alert_of(found))
        return passed_on(found)


def passed_on(found: Document) -> Response:
    headers = {"Content-Disposition": found.disposition}
    return StreamingResponse(found.pieces, media_type=found.media_type, headers=headers)


def _answering(router: APIRouter, deps: Dependencies) -> None:
    @router.post("/{handover_id}/{answer}")
    async def answer(
        request: Request,
        visitor: WithVisitor,
        incident_id: UUID,
        handover_id: UUID,
        answer: HandoverAnswer,
        chosen: Annotated[HandoverFilter, Depends(_chosen)],
        reason: Annotated[RefusalReason | None, Form()] = None,
        why: Annotated[str, Form(max_length=500)] = "",
    ) -> Response:
        if not visitor.name:
            return await _show(deps, request, visitor, incident_id, NO_NAME, chosen=chosen)
        said: dict[str, Any] | None = (
            {"reason": reason, "why": why} if answer is HandoverAnswer.REFUSE else None
        )
        told = await deps.services.post(
            "routing", f"/handovers/{handover_id}/{answer}", actor=visitor.name, json=said
        )
        if not isinstance(told, Ok):
            return await _show(deps, request, visitor, incident_id, alert_of(told), chosen=chosen)
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
    """Give how many people are in each state. `counts` is None where routing does not answer."""
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
