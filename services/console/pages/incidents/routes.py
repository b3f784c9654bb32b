"""Pages: the incidents, one incident with its live figures, and its waves."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Form, Request
from fastapi.responses import Response, StreamingResponse

from contracts.events.vocabulary import Role
from kit.http.web import Problem
from services.console.clients.service_client import Ok
from services.console.pages.incidents import view as views
from services.console.pages.incidents.context import incident_context
from services.console.pages.waves import routes as waves
from services.console.pages.waves.view import NO_FORM, WaveForm, WaveView, wave
from services.console.projection import queries
from services.console.web.dependencies import Dependencies
from services.console.web.live_updates import LiveUpdates
from services.console.web.renderer import NO_NAME, UNKNOWN_INCIDENT, Alert, alert_of, go
from services.console.web.session import Visitor, WithVisitor

PLANS = ("information", "exercise")


def routes(deps: Dependencies, hub: LiveUpdates) -> APIRouter:
    router = APIRouter(include_in_schema=False)
    _add_pages(router, deps, hub)
    _add_draft(router, deps)
    return router


def _add_pages(router: APIRouter, deps: Dependencies, hub: LiveUpdates) -> None:
    @router.get("/")
    async def incidents(request: Request, visitor: WithVisitor) -> Response:
        names = await deps.authority_names()
        async with deps.database.transaction() as session:
            found = await queries.incidents(session)
        heads = [views.head(incident, names) for incident in found]
        return deps.renderer.page(request, visitor, "incidents/list.html", {"incidents": heads})

    @router.get("/incidents/{incident_id}")
    async def incident(request: Request, visitor: WithVisitor, incident_id: UUID) -> Response:
        return await show(deps, request, visitor, incident_id)

    @router.get("/incidents/{incident_id}/live")
    async def live(visitor: WithVisitor, incident_id: UUID) -> StreamingResponse:
        stream = hub.stream(incident_id, visitor.translator.lang)
        return StreamingResponse(stream, media_type="text/event-stream", headers={"X-Accel-Buffering": "no"})

    @router.get("/incidents/{incident_id}/waves")
    async def waves_again(visitor: WithVisitor, incident_id: UUID) -> Response:
        context = await incident_context(deps, incident_id)
        if context is None:
            raise Problem(
                404, "The console knows no incident with that id (yet).", code=UNKNOWN_INCIDENT.code
            )
        context |= await waves_context(deps, incident_id) | {"incident_id": incident_id}
        html = deps.renderer.partial("incidents/_waves.html", visitor.translator.lang, context)
        return Response(html, media_type="text/html")


def _add_draft(router: APIRouter, deps: Dependencies) -> None:
    @router.post("/incidents/{incident_id}/waves")
    async def draft(
        request: Request,
        visitor: WithVisitor,
        incident_id: UUID,
        plan: Annotated[str, Form(max_length=100)],
        roles: Annotated[tuple[Role, ...], Form()] = (),
        municipalities: Annotated[str, Form(max_length=2000)] = "",
        registrations: Annotated[str, Form(max_length=400_000)] = "",
        repeat: Annotated[bool, Form()] = False,  # noqa: FBT002 - a box that was ticked
    ) -> Response:
        """Draft a wave and preview it at once, so that its reach is known before anyone decides."""
        form = WaveForm(plan, roles, municipalities, registrations, repeat)
        if not visitor.name:
            return await show(deps, request, visitor, incident_id, NO_NAME, form)
        answer = await deps.services.post(
            "outreach",
            f"/incidents/{incident_id}/waves",
            actor=visitor.name,
            json=form.body(),
        )
        if not isinstance(answer, Ok):
            return await show(deps, request, visitor, incident_id, alert_of(answer), form)
        wave_id = UUID(answer.json["wave_id"])
        preview = await deps.services.post(
            "outreach", f"/waves/{wave_id}/preview", actor=visitor.name, timeout=deps.preview_timeout
        )
        if not isinstance(preview, Ok):
            return await waves.show(deps, request, visitor, incident_id, wave_id, alert_of(preview))
        return go(f"/incidents/{incident_id}/waves/{wave_id}")


async def show(
    deps: Dependencies,
    request: Request,
    visitor: Visitor,
    incident_id: UUID,
    alert: Alert | None = None,
    form: WaveForm = NO_FORM,
) -> Response:
    context = await incident_context(deps, incident_id)
    if context is None:
        return deps.renderer.page(request, visitor, "nothing.html", {"here": "/"}, alert=UNKNOWN_INCIDENT)
    context |= await waves_context(deps, incident_id)
    here = f"/incidents/{incident_id}"
    context |= {"here": here, "incident_id": incident_id, "plans": PLANS, "roles": list(Role)}
    context["form"] = form
    return deps.renderer.page(request, visitor, "incidents/page.html", context, alert=alert)


async def waves_context(deps: Dependencies, incident_id: UUID) -> dict[str, Any]:
    answer = await deps.services.get("outreach", f"/incidents/{incident_id}/waves")
    names = await deps.authority_names()
    listed: list[WaveView] = []
    if isinstance(answer, Ok):
        listed = [wave(one, names) for one in answer.json]
    return {"waves": listed, "waves_known": isinstance(answer, Ok)}
