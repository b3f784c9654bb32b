"""Pages: parked messages of every service, and stopped consumers."""

import asyncio
from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form, Request
from fastapi.responses import Response

from kit.http.web import Problem
from services.console.clients.service_client import Ok
from services.console.web.dependencies import Dependencies
from services.console.web.renderer import NO_NAME, Alert, alert_of, go
from services.console.web.session import Visitor, WithVisitor


@dataclass(frozen=True, slots=True)
class ParkedLine:
    id: str
    topic: str
    partition: int
    offset: int
    reason: str
    parked_at: str


@dataclass(frozen=True, slots=True)
class ServiceParking:
    service: str
    answers: bool
    braked: bool = False
    messages: tuple[ParkedLine, ...] = ()


def routes(deps: Dependencies) -> APIRouter:
    router = APIRouter(prefix="/parked", include_in_schema=False)

    @router.get("")
    async def parked(request: Request, visitor: WithVisitor) -> Response:
        return await _show(deps, request, visitor)

    @router.post("/{service}/{parked_id}/replay")
    async def replay(request: Request, visitor: WithVisitor, service: str, parked_id: UUID) -> Response:
        path = f"/operations/parked/{parked_id}/replay"
        return await _send_command(deps, request, visitor, service, path, "replayed")

    @router.post("/{service}/{parked_id}/discard")
    async def discard(
        request: Request,
        visitor: WithVisitor,
        service: str,
        parked_id: UUID,
        why: Annotated[str, Form(max_length=500)] = "",
    ) -> Response:
        path = f"/operations/parked/{parked_id}/discard"
        return await _send_command(deps, request, visitor, service, path, "discarded", {"why": why})

    @router.post("/{service}/release")
    async def release(request: Request, visitor: WithVisitor, service: str) -> Response:
        return await _send_command(deps, request, visitor, service, "/operations/brake/release", "released")

    return router


async def _send_command(
    deps: Dependencies,
    request: Request,
    visitor: Visitor,
    service: str,
    path: str,
    done: str,
    body: dict[str, str] | None = None,
) -> Response:
    if service not in deps.services.names:
        raise Problem(404, "There is no service of that name.", code="unknown-service")
    if not visitor.name:
        return await _show(deps, request, visitor, NO_NAME)
    answer = await deps.services.post(service, path, actor=visitor.name, json=body)
    if not isinstance(answer, Ok):
        return await _show(deps, request, visitor, alert_of(answer))
    return go(f"/parked?done={done}")


async def _show(
    deps: Dependencies, request: Request, visitor: Visitor, alert: Alert | None = None
) -> Response:
    services = await asyncio.gather(*(_service_parking(deps, service) for service in deps.services.names))
    context = {"here": "/parked", "services": services}
    return deps.renderer.page(request, visitor, "parked/page.html", context, alert=alert)


async def _service_parking(deps: Dependencies, service: str) -> ServiceParking:
    answer = await deps.services.get(service, "/operations/parked")
    if not isinstance(answer, Ok):
        return ServiceParking(service, answers=False)
    messages = tuple(
        [
            ParkedLine(m["id"], m["topic"], m["partition"], m["offset"], m["reason"], m["parked_at"])
            for m in answer.json["parked"]
        ]
    )
    return ServiceParking(service, answers=True, braked=answer.json["braked"], messages=messages)
