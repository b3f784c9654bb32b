"""Pages: the call lists of the authorities, and the claim, outcome and release of a call."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import Response

from contracts.events.vocabulary import CallOutcome
from services.console.clients.service_client import Ok, Unavailable
from services.console.pages.calls.call_list import (
    WITHDRAWALS,
    Authority,
    CallResult,
    ClaimedCall,
    OpenCards,
    show,
)
from services.console.projection import queries
from services.console.web.dependencies import Dependencies
from services.console.web.renderer import NO_NAME, alert_of, go
from services.console.web.session import WithVisitor

NOTE_LENGTH = 10_000  # outreach's limit; the field of the page is shorter


def routes(deps: Dependencies) -> APIRouter:
    router = APIRouter(prefix="/calls", include_in_schema=False)
    _add_lists(router, deps)
    _add_claim(router, deps)
    _add_outcome(router, deps)
    return router


def _add_lists(router: APIRouter, deps: Dependencies) -> None:
    @router.get("")
    async def municipalities(request: Request, visitor: WithVisitor) -> Response:
        names = await deps.authority_names()
        async with deps.database.transaction() as session:
            listed = await queries.calls_listed(session)
        answer = await deps.services.get("outreach", "/follow-ups")
        open_follow_ups = answer.json["open"] if isinstance(answer, Ok) else {}
        calls = dict(listed)
        places = [
            {
                "code": code,
                "name": names.get(code, code),
                "calls": calls.get(code, 0),
                "left": open_follow_ups.get(code, 0),
            }
            for code in [*calls, *sorted(open_follow_ups.keys() - calls.keys())]
        ]
        return deps.renderer.page(request, visitor, "calls/authorities.html", {"places": places})

    @router.get("/{authority}")
    async def call_list(
        request: Request, visitor: WithVisitor, authority: Authority, incident_id: UUID | None = None
    ) -> Response:
        return await show(deps, request, visitor, authority, incident_id=incident_id)


def _result(
    outcome: Annotated[CallOutcome, Form()],
    note: Annotated[str, Form(max_length=NOTE_LENGTH)] = "",
    call_back_at: Annotated[str, Form(pattern=r"^(\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d)?)?$")] = "",
) -> CallResult:
    return CallResult(outcome, note, call_back_at)


def _claimed(
    contact_id: UUID,
    epoch: Annotated[int, Form()],
    lease_until: Annotated[str, Form(max_length=50)] = "",
    name: Annotated[str, Form(max_length=300)] = "",
    phone: Annotated[str, Form(max_length=50)] = "",
    language: Annotated[str, Form(max_length=20)] = "",
    interpreter: Annotated[str, Form(max_length=100)] = "",
    preferred_time: Annotated[str, Form(max_length=20)] = "",
    guardian: Annotated[str, Form(max_length=300)] = "",
    child: Annotated[str, Form(max_length=5)] = "",
    protected: Annotated[str, Form(max_length=5)] = "",
) -> ClaimedCall:
    return ClaimedCall(
        contact_id=contact_id, epoch=epoch, lease_until=lease_until, name=name, phone=phone,
        language=language, interpreter=interpreter, preferred_time=preferred_time,
        guardian=guardian, child=child == "True", protected=protected == "True",
    )  # fmt: skip


def _add_claim(router: APIRouter, deps: Dependencies) -> None:
    @router.post("/{authority}/{contact_id}/claim")
    async def claim(
        request: Request, visitor: WithVisitor, authority: Authority, contact_id: UUID
    ) -> Response:
        if not visitor.name:
            return await show(deps, request, visitor, authority, NO_NAME)
        answer = await deps.services.post(
            "outreach", f"/calls/{contact_id}/claim", actor=visitor.name, json={"authority": authority}
        )
        if not isinstance(answer, Ok):
            return await show(deps, request, visitor, authority, alert_of(answer))
        card = {key: value for key, value in answer.json.items() if value is not None}
        card["interpreter"] = str(card.get("interpreter") or "")
        cards = OpenCards(claimed=ClaimedCall.model_validate(card))
        return await show(deps, request, visitor, authority, cards=cards)


def _add_outcome(router: APIRouter, deps: Dependencies) -> None:
    @router.post("/{authority}/{contact_id}/outcome")
    async def outcome(
        request: Request,
        visitor: WithVisitor,
        authority: Authority,
        claimed: Annotated[ClaimedCall, Depends(_claimed)],
        result: Annotated[CallResult, Depends(_result)],
    ) -> Response:
        cards = OpenCards(claimed, result)
        if not visitor.name:
            return await show(deps, request, visitor, authority, NO_NAME, cards)
        answer = await deps.services.post(
            "outreach",
            f"/calls/{claimed.contact_id}/outcome",
            actor=visitor.name,
            json=result.body(claimed.epoch),
        )
        if not isinstance(answer, Ok):
            return await show(deps, request, visitor, authority, alert_of(answer), cards)
        done = _done(answer.json, result.note)
        stopped = result.outcome in WITHDRAWALS and done == "concluded"
        return go(f"/calls/{authority}?done={'withdrawn' if stopped else done}")

    @router.post("/{authority}/{contact_id}/release")
    async def release(
        request: Request,
        visitor: WithVisitor,
        authority: Authority,
        claimed: Annotated[ClaimedCall, Depends(_claimed)],
        note: Annotated[str, Form(max_length=NOTE_LENGTH)] = "",
    ) -> Response:
        cards = OpenCards(claimed, CallResult(None, note, ""))
        if not visitor.name:
            return await show(deps, request, visitor, authority, NO_NAME, cards)
        answer = await deps.services.post(
            "outreach",
            f"/calls/{claimed.contact_id}/release",
            actor=visitor.name,
            json={"epoch": claimed.epoch} | ({"note": note.strip()} if note.strip() else {}),
        )
        if not isinstance(answer, Ok):
            shown = cards if isinstance(answer, Unavailable) else OpenCards()
            return await show(deps, request, visitor, authority, alert_of(answer), shown)
        done = _done(answer.json, note)
        return go(f"/calls/{authority}?done={'released' if done == 'listed' else done}")


def _done(kept: dict[str, Any], note: str) -> str:
    """Return the key of the page's message: the call's state, or that only the note was stored."""
    if note.strip() and "note" not in kept["kept"]:
        return "note-not-kept"
    return f"kept-{kept['unchanged']}" if kept["unchanged"] else str(kept["state"])
