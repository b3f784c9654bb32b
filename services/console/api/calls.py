"""Pages: the call lists of the authorities, one call claimed, and what came of it."""

from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Form, Path, Request
from fastapi.responses import Response
from pydantic import BaseModel

from contracts.ids import AUTHORITY_CODE
from contracts.vocabulary import CallOutcome
from services.console.desk import Desk
from services.console.neighbours import Answer, Answered, Away, Refused, as_told
from services.console.pages import NO_NAME, Alert, alert_of, go, nothing
from services.console.store import reading
from services.console.tongue import COPENHAGEN
from services.console.visitor import Visitor, WithVisitor

UNKNOWN_AUTHORITY = Alert("no-list", "", status=HTTPStatus.NOT_FOUND)
WITHDRAWALS = (CallOutcome.WITHDRAWS_CONSENT, CallOutcome.DO_NOT_CONTACT)  # buttons of their own
NOTE_LENGTH = 10_000  # as outreach takes it: more than the page's field holds
Authority = Annotated[str, Path(pattern=AUTHORITY_CODE)]  # who acts: not only municipalities


class Claimed(BaseModel):
    """A call in hand, opened for this person by outreach. It passes through the page and is kept nowhere."""

    contact_id: UUID
    epoch: int
    lease_until: str = ""
    name: str = ""
    phone: str = ""
    language: str = ""
    interpreter: str = ""
    protected: bool = False


@dataclass(frozen=True, slots=True)
class CallLine:
    contact_id: str
    incident_id: str
    incident: str
    exercise: bool
    role: str
    language: str
    attempts: int
    due_at: str
    not_after: str
    claimed_by: str | None
    mine: bool
    later: bool  # agreed on, or a next attempt
    paused: bool


def routes(desk: Desk) -> APIRouter:
    router = APIRouter(prefix="/calls", include_in_schema=False)
    _lists(router, desk)
    _claiming(router, desk)
    _concluding(router, desk)
    return router


def _lists(router: APIRouter, desk: Desk) -> None:
    @router.get("")
    async def municipalities(request: Request, visitor: WithVisitor) -> Response:
        names = await desk.place_names()
        async with desk.database.transaction() as session:
            listed = await reading.calls_listed(session)
        places = [{"code": code, "name": names.get(code, code), "calls": calls} for code, calls in listed]
        return desk.pages.page(request, visitor, "calls/municipalities.html", {"places": places})

    @router.get("/{authority}")
    async def call_list(
        request: Request, visitor: WithVisitor, authority: Authority, incident_id: UUID | None = None
    ) -> Response:
        return await _show(desk, request, visitor, authority, incident_id=incident_id)


@dataclass(frozen=True, slots=True)
class Result:
    """What came of a call, as the form has it."""

    outcome: CallOutcome | None
    note: str
    call_back_at: str  # local time, as the browser writes it

    def body(self, epoch: int) -> dict[str, Any]:
        body: dict[str, Any] = {"epoch": epoch, "outcome": self.outcome}
        if self.note.strip():
            body["note"] = self.note.strip()
        if self.outcome is CallOutcome.CALL_BACK and self.call_back_at:
            local = datetime.fromisoformat(self.call_back_at).replace(tzinfo=COPENHAGEN)
            body["call_back_at"] = local.isoformat()
        return body


def _result(
    outcome: Annotated[CallOutcome, Form()],
    note: Annotated[str, Form(max_length=NOTE_LENGTH)] = "",
    call_back_at: Annotated[str, Form(pattern=r"^(\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d)?)?$")] = "",
) -> Result:
    return Result(outcome, note, call_back_at)


def _claimed(
    contact_id: UUID,
    epoch: Annotated[int, Form()],
    lease_until: Annotated[str, Form(max_length=50)] = "",
    name: Annotated[str, Form(max_length=300)] = "",
    phone: Annotated[str, Form(max_length=50)] = "",
    language: Annotated[str, Form(max_length=20)] = "",
    interpreter: Annotated[str, Form(max_length=100)] = "",
    protected: Annotated[str, Form(max_length=5)] = "",
) -> Claimed:
    return Claimed(
        contact_id=contact_id, epoch=epoch, lease_until=lease_until, name=name, phone=phone,
        language=language, interpreter=interpreter, protected=protected == "True",
    )  # fmt: skip


def _claiming(router: APIRouter, desk: Desk) -> None:
    @router.post("/{authority}/{contact_id}/claim")
    async def claim(
        request: Request, visitor: WithVisitor, authority: Authority, contact_id: UUID
    ) -> Response:
        if not visitor.name:
            return await _show(desk, request, visitor, authority, NO_NAME)
        answer = await desk.neighbours.post(
            "outreach", f"/calls/{contact_id}/claim", actor=visitor.name, json={"authority": authority}
        )
        if not isinstance(answer, Answered):
            return await _show(desk, request, visitor, authority, alert_of(answer))
        told = {key: value for key, value in answer.json.items() if value is not None}
        told["interpreter"] = str(told.get("interpreter") or "")
        return await _show(desk, request, visitor, authority, claimed=Claimed.model_validate(told))


def _concluding(router: APIRouter, desk: Desk) -> None:
    @router.post("/{authority}/{contact_id}/outcome")
    async def outcome(
        request: Request,
        visitor: WithVisitor,
        authority: Authority,
        claimed: Annotated[Claimed, Depends(_claimed)],
        result: Annotated[Result, Depends(_result)],
    ) -> Response:
        if not visitor.name:
            return await _show(desk, request, visitor, authority, NO_NAME, claimed, result)
        answer = await desk.neighbours.post(
            "outreach",
            f"/calls/{claimed.contact_id}/outcome",
            actor=visitor.name,
            json=result.body(claimed.epoch),
        )
        if not isinstance(answer, Answered):
            return await _show(desk, request, visitor, authority, alert_of(answer), claimed, result)
        done = _done(answer.json, result.note)
        stopped = result.outcome in WITHDRAWALS and done == "concluded"
        return go(f"/calls/{authority}?done={'withdrawn' if stopped else done}")

    @router.post("/{authority}/{contact_id}/release")
    async def release(
        request: Request,
        visitor: WithVisitor,
        authority: Authority,
        claimed: Annotated[Claimed, Depends(_claimed)],
        note: Annotated[str, Form(max_length=NOTE_LENGTH)] = "",
    ) -> Response:
        if not visitor.name:
            return await _show(desk, request, visitor, authority, NO_NAME, claimed, _only(note))
        answer = await desk.neighbours.post(
            "outreach",
            f"/calls/{claimed.contact_id}/release",
            actor=visitor.name,
            json={"epoch": claimed.epoch} | ({"note": note.strip()} if note.strip() else {}),
        )
        if not isinstance(answer, Answered):
            shown = (claimed, _only(note)) if isinstance(answer, Away) else ()
            return await _show(desk, request, visitor, authority, alert_of(answer), *shown)
        done = _done(answer.json, note)
        return go(f"/calls/{authority}?done={'released' if done == 'listed' else done}")


def _only(note: str) -> Result:
    return Result(None, note, "")


def _done(kept: dict[str, Any], note: str) -> str:
    """Name what the page says: the call's state, or that only the words were kept."""
    if note.strip() and "note" not in kept["kept"]:
        return "note-not-kept"
    return f"kept-{kept['unchanged']}" if kept["unchanged"] else str(kept["state"])


async def _show(
    desk: Desk,
    request: Request,
    visitor: Visitor,
    authority: str,
    alert: Alert | None = None,
    claimed: Claimed | None = None,
    result: Result | None = None,
    *,
    incident_id: UUID | None = None,
) -> Response:
    chosen = f"?incident_id={incident_id}" if incident_id else ""
    answer = await desk.neighbours.get("outreach", f"/authorities/{authority}/calls{chosen}")
    names = await desk.place_names()
    if _is_unknown(answer) and authority not in names:
        return nothing(desk.pages, request, visitor, UNKNOWN_AUTHORITY)
    async with desk.database.transaction() as session:
        incidents = {str(i.incident_id): i.name for i in await reading.incidents(session)}
    listed = answer.json["calls"] if isinstance(answer, Answered) else []
    calls = [_line(call, incidents, visitor.name, desk.clock.now()) for call in listed]
    context = {
        "here": f"/calls/{authority}",
        "authority": authority,
        "place": names.get(authority, authority),
        "calls": [call for call in calls if claimed is None or call.contact_id != str(claimed.contact_id)],
        "claimed": claimed,
        "exercise": any(
            call.exercise for call in calls if claimed and call.contact_id == str(claimed.contact_id)
        ),
        "result": result,
        "outcomes": [outcome for outcome in CallOutcome if outcome not in WITHDRAWALS],
        "withdrawals": WITHDRAWALS,
    }
    if alert is None and not isinstance(answer, Answered) and not _is_unknown(answer):
        alert = alert_of(answer)
    return desk.pages.page(request, visitor, "calls/list.html", context, alert=alert)


def _is_unknown(answer: Answer) -> bool:
    """Tell whether outreach has heard of nobody of that authority: it has no calls, if it is one."""
    return isinstance(answer, Refused) and answer.code == "unknown-authority"


def _line(call: dict[str, Any], incidents: dict[str, str], who: str, now: datetime) -> CallLine:
    return CallLine(
        contact_id=str(call["contact_id"]),
        incident_id=str(call["incident_id"]),
        incident=incidents.get(str(call["incident_id"]), ""),
        exercise=call["exercise"],
        role=call["role"] or "",
        language=call["language"] or "",
        attempts=call["attempts"],
        due_at=call["due_at"],
        not_after=call["not_after"],
        claimed_by=call["claimed_by"],
        mine=call["claimed_by"] == as_told(who),
        later=datetime.fromisoformat(call["due_at"]) > now,
        paused=call.get("wave_state") == "paused",
    )
