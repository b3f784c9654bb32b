"""Pages: open a follow-up of a call, and close it with a reason."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import Response

from services.console.clients.service_client import Ok
from services.console.pages.calls.call_list import Authority, OpenCards, OpenFollowUp, show
from services.console.web.dependencies import Dependencies
from services.console.web.renderer import NO_NAME, alert_of, go
from services.console.web.session import WithVisitor

WHY_LENGTH = 1000


def _opened(
    follow_up_id: UUID,
    reason: Annotated[str, Form(max_length=50)] = "",
    told_by: Annotated[str, Form(max_length=100)] = "",
    told_at: Annotated[str, Form(max_length=50)] = "",
    name: Annotated[str, Form(max_length=300)] = "",
    phone: Annotated[str, Form(max_length=50)] = "",
    note: Annotated[str, Form(max_length=10_000)] = "",
    hindrance: Annotated[str, Form(max_length=50)] = "",
    guardian: Annotated[str, Form(max_length=300)] = "",
    child: Annotated[str, Form(max_length=5)] = "",
    protected: Annotated[str, Form(max_length=5)] = "",
) -> OpenFollowUp:
    return OpenFollowUp(
        follow_up_id=follow_up_id, reason=reason, told_by=told_by, told_at=told_at, name=name, phone=phone,
        note=note, hindrance=hindrance, guardian=guardian, child=child == "True",
        protected=protected == "True",
    )  # fmt: skip


def routes(deps: Dependencies) -> APIRouter:
    router = APIRouter(prefix="/calls/{authority}/follow-ups/{follow_up_id}", include_in_schema=False)

    @router.post("/open")
    async def open_line(
        request: Request, visitor: WithVisitor, authority: Authority, follow_up_id: UUID
    ) -> Response:
        if not visitor.name:
            return await show(deps, request, visitor, authority, NO_NAME)
        answer = await deps.services.post(
            "outreach", f"/follow-ups/{follow_up_id}/open", actor=visitor.name, json={"authority": authority}
        )
        if not isinstance(answer, Ok):
            return await show(deps, request, visitor, authority, alert_of(answer))
        cards = OpenCards(follow_up=OpenFollowUp.model_validate(answer.json))
        return await show(deps, request, visitor, authority, cards=cards)

    @router.post("/close")
    async def close_line(
        request: Request,
        visitor: WithVisitor,
        authority: Authority,
        opened: Annotated[OpenFollowUp, Depends(_opened)],
        why: Annotated[str, Form(max_length=WHY_LENGTH)] = "",
    ) -> Response:
        cards = OpenCards(follow_up=opened, why=why)
        if not visitor.name:
            return await show(deps, request, visitor, authority, NO_NAME, cards)
        answer = await deps.services.post(
            "outreach",
            f"/follow-ups/{opened.follow_up_id}/close",
            actor=visitor.name,
            json={"authority": authority, "why": why},
        )
        if not isinstance(answer, Ok):
            return await show(deps, request, visitor, authority, alert_of(answer), cards)
        return go(f"/calls/{authority}?done=seen-to")

    return router
