"""Pages: the triage queue of an incident, its deadlines, owners and decisions."""

import asyncio
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import Response

from services.console.clients.service_client import Ok, header_value
from services.console.pages.incidents.context import head_context
from services.console.pages.triage import view as views
from services.console.pages.triage.view import ABROAD, HOME, NO_CASE, OpenCase, PersonView, TriageDecision
from services.console.web.address_masking import mask_address
from services.console.web.dependencies import Dependencies
from services.console.web.renderer import NO_NAME, Alert, alert_of, go, nothing
from services.console.web.session import Visitor, WithVisitor

_NO_AUTHORITY = Alert("unknown-authority", "", status=422)
_NO_FOLLOW_UP = Alert("incomplete-ruling", "", status=422)
_SHOWN = ("name", "birth_date", "identifiers", "addresses", "phone", "email", "note")


def routes(deps: Dependencies) -> APIRouter:
    router = APIRouter(prefix="/incidents/{incident_id}/triage", include_in_schema=False)
    _add_queue(router, deps)
    _add_decisions(router, deps)
    return router


def _add_queue(router: APIRouter, deps: Dependencies) -> None:
    @router.get("")
    async def queue(request: Request, visitor: WithVisitor, incident_id: UUID) -> Response:
        return await _show(deps, request, visitor, incident_id)

    @router.post("/{registration_id}/open")
    async def open_person(
        request: Request, visitor: WithVisitor, incident_id: UUID, registration_id: UUID
    ) -> Response:
        """Show the person and why routing could not decide. Registration and routing log the access."""
        if not visitor.name:
            return await _show(deps, request, visitor, incident_id, NO_NAME)
        path = f"/registrations/{registration_id}"
        person = await deps.services.get("registration", path, actor=visitor.name)
        if not isinstance(person, Ok):
            return await _show(deps, request, visitor, incident_id, alert_of(person))
        command = f"{path}/explanation?language={visitor.translator.lang}"
        why = await deps.services.get("routing", command, actor=visitor.name)
        person_data = mask_address(person.json, why)
        shown = PersonView(str(registration_id), tuple(views.facts(person_data, _SHOWN)))
        sentences = tuple(why.json["sentences"]) if isinstance(why, Ok) else ()
        case = OpenCase(str(registration_id), shown, sentences)
        return await _show(deps, request, visitor, incident_id, case=case)


def _add_decisions(router: APIRouter, deps: Dependencies) -> None:
    @router.post("/{registration_id}/assign")
    async def assign(
        request: Request, visitor: WithVisitor, incident_id: UUID, registration_id: UUID
    ) -> Response:
        body = {"to": visitor.name}
        path = f"/triage/{registration_id}/assign"
        return await _send_command(deps, request, visitor, incident_id, (path, body, "assigned"))

    @router.post("/{registration_id}/resolve")
    async def resolve(
        request: Request,
        visitor: WithVisitor,
        incident_id: UUID,
        registration_id: UUID,
        decision: Annotated[TriageDecision, Depends(_decision)],
    ) -> Response:
        case = OpenCase(str(registration_id), decision=decision)
        body = decision.body(await deps.authority_names())
        if body is None or decision.lacks_follow_up:
            lack = _NO_FOLLOW_UP if decision.lacks_follow_up else _NO_AUTHORITY
            return await _show(deps, request, visitor, incident_id, lack, case)
        path = f"/triage/{registration_id}/resolve"
        return await _send_command(deps, request, visitor, incident_id, (path, body, "resolved"), case)


def _decision(
    outcome: Annotated[str, Form(max_length=40)] = HOME,
    municipality: Annotated[str, Form(max_length=100)] = "",
    suggested: Annotated[str, Form(max_length=100)] = "",
    follow_up: Annotated[str, Form(max_length=200)] = "",
    reason: Annotated[str, Form(max_length=500)] = "",
) -> TriageDecision:
    return TriageDecision(outcome, municipality, suggested, follow_up, reason)


async def _send_command(
    deps: Dependencies,
    request: Request,
    visitor: Visitor,
    incident_id: UUID,
    command: tuple[str, dict[str, str], str],
    case: OpenCase = NO_CASE,
) -> Response:
    """`command`: path, body, and the key of the message that confirms it."""
    if not visitor.name:
        return await _show(deps, request, visitor, incident_id, NO_NAME, case)
    path, body, done = command
    answer = await deps.services.post("routing", path, actor=visitor.name, json=body)
    if not isinstance(answer, Ok):
        return await _show(deps, request, visitor, incident_id, alert_of(answer), case)
    if done == "resolved" and answer.json.get("warnings"):
        done = "resolved_child"
    if answer.json.get("state") == "closed":
        done = "abroad" if body.get("outcome") == ABROAD else "closed"
    return go(f"/incidents/{incident_id}/triage?done={done}")


async def _show(
    deps: Dependencies,
    request: Request,
    visitor: Visitor,
    incident_id: UUID,
    alert: Alert | None = None,
    case: OpenCase = NO_CASE,
) -> Response:
    context = await head_context(deps, incident_id)
    if context is None:
        return nothing(deps.renderer, request, visitor)
    context |= await triage_context(deps, incident_id, visitor.name)
    context |= {"here": f"/incidents/{incident_id}/triage", "case": case, "untouched": TriageDecision()}
    return deps.renderer.page(request, visitor, "triage/page.html", context, alert=alert)


async def triage_context(deps: Dependencies, incident_id: UUID, who: str) -> dict[str, Any]:
    """Return the longest waiting cases. `lines` is None if routing does not answer."""
    names = await deps.authority_names()
    path = f"/incidents/{incident_id}/triage"
    answer, counted = await asyncio.gather(
        deps.services.get("routing", f"{path}?limit={views.SHOWN}"),
        deps.services.get("routing", f"{path}/counts"),
    )
    about = {"lines": None, "counts": None, "warnings": [], "municipalities": views.municipalities(names)}
    if not isinstance(answer, Ok) or not isinstance(counted, Ok):
        return about
    lines = views.lines(answer.json, names, header_value(who), deps.clock.now())
    return about | {"lines": lines, "counts": counted.json, "warnings": counted.json.get("warnings", [])}
