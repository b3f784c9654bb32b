"""Pages: one wave, previewed, approved by a second person, launched, paused, cancelled."""

import asyncio
from contextlib import suppress
from enum import StrEnum
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Form, Request
from fastapi.responses import Response

from services.console.clients.service_client import Ok, header_value
from services.console.pages.incidents.context import incident_context
from services.console.pages.waves.view import wave
from services.console.web.dependencies import Dependencies
from services.console.web.renderer import NO_NAME, UNKNOWN_INCIDENT, Alert, alert_of, go
from services.console.web.session import Visitor, WithVisitor

PATIENCE = 30.0  # seconds a page waits for routing; then it shows how many are undecided


class WaveCommand(StrEnum):
    PREVIEW = "preview"
    APPROVE = "approve"
    LAUNCH = "launch"
    PAUSE = "pause"
    RESUME = "resume"
    CANCEL = "cancel"


def routes(deps: Dependencies) -> APIRouter:
    router = APIRouter(prefix="/incidents/{incident_id}/waves/{wave_id}", include_in_schema=False)

    @router.get("")
    async def look(request: Request, visitor: WithVisitor, incident_id: UUID, wave_id: UUID) -> Response:
        return await show(deps, request, visitor, incident_id, wave_id)

    @router.post("/{command}")
    async def send_command(
        request: Request,
        visitor: WithVisitor,
        incident_id: UUID,
        wave_id: UUID,
        command: WaveCommand,
        frozen_hash: Annotated[str, Form(max_length=64)] = "",
        wait: Annotated[bool, Form()] = False,  # noqa: FBT002 - which of two buttons was pressed
    ) -> Response:
        if not visitor.name:
            return await show(deps, request, visitor, incident_id, wave_id, NO_NAME)
        body: dict[str, Any] | None = {"frozen_hash": frozen_hash} if command is WaveCommand.APPROVE else None
        if wait:
            await until_decided(deps, wave_id)
        timeout = deps.preview_timeout if command is WaveCommand.PREVIEW else None
        answer = await deps.services.post(
            "outreach", f"/waves/{wave_id}/{command}", actor=visitor.name, json=body, timeout=timeout
        )
        if isinstance(answer, Ok):
            return go(f"/incidents/{incident_id}/waves/{wave_id}?done={command}")
        return await show(deps, request, visitor, incident_id, wave_id, alert_of(answer))

    return router


async def until_decided(deps: Dependencies, wave_id: UUID) -> None:
    """Wait until routing has decided all cases, at most PATIENCE seconds."""
    with suppress(TimeoutError):
        async with asyncio.timeout(PATIENCE):
            while await _undecided(deps, wave_id):  # noqa: ASYNC110 - another process decides
                await asyncio.sleep(1.0)


async def _undecided(deps: Dependencies, wave_id: UUID) -> bool:
    answer = await deps.services.get("outreach", f"/waves/{wave_id}/undecided")
    return isinstance(answer, Ok) and answer.json["people"] > 0


async def _merged_out(deps: Dependencies, wave_id: UUID) -> list[str]:
    answer = await deps.services.get("outreach", f"/waves/{wave_id}/merged-out")
    return list(answer.json["registrations"]) if isinstance(answer, Ok) else []


async def show(
    deps: Dependencies,
    request: Request,
    visitor: Visitor,
    incident_id: UUID,
    wave_id: UUID,
    alert: Alert | None = None,
) -> Response:
    answer = await deps.services.get("outreach", f"/waves/{wave_id}")
    context = await incident_context(deps, incident_id)
    if isinstance(answer, Ok) and answer.json["incident_id"] != str(incident_id):
        context = None
    if not isinstance(answer, Ok) or context is None:
        failed = alert_of(answer) if not isinstance(answer, Ok) else None
        return deps.renderer.page(
            request, visitor, "nothing.html", {"here": "/"}, alert=alert or failed or UNKNOWN_INCIDENT
        )
    texts = await deps.services.get("notify", "/templates")
    templates = texts.json if isinstance(texts, Ok) else None
    shown = wave(answer.json, await deps.authority_names(), templates)
    context |= {
        "here": f"/incidents/{incident_id}/waves/{wave_id}",
        "incident_id": incident_id,
        "wave": shown,
        "progress": context["f"].progress.get(str(wave_id), ()),
        "merged_out": await _merged_out(deps, wave_id) if shown.launched_at else (),
        "own": header_value(visitor.name).casefold()
        in {name.strip().casefold() for name in (shown.created_by, shown.previewed_by) if name},
    }
    return deps.renderer.page(request, visitor, "waves/page.html", context, alert=alert)
