"""The page of one authority: calls to make, the one in hand, and what is still to be seen to after calls."""

from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import Path, Request
from fastapi.responses import Response
from pydantic import BaseModel

from contracts.events.ids import AUTHORITY_CODE
from contracts.events.vocabulary import CallOutcome
from services.console.clients.service_client import Ok, ProblemResponse, ServiceResponse
from services.console.i18n.translator import COPENHAGEN
from services.console.pages.calls.view import call_line, follow_up_line
from services.console.projection import queries
from services.console.web.dependencies import Dependencies
from services.console.web.renderer import Alert, alert_of, nothing
from services.console.web.session import Visitor

Authority = Annotated[str, Path(pattern=AUTHORITY_CODE)]  # who acts: not only municipalities
UNKNOWN_AUTHORITY: Final = Alert("no-list", "", status=HTTPStatus.NOT_FOUND)
WITHDRAWALS: Final = (CallOutcome.WITHDRAWS_CONSENT, CallOutcome.DO_NOT_CONTACT)  # buttons of their own


class ClaimedCall(BaseModel):
    """A call in hand, opened for this person by outreach. It passes through the page and is kept nowhere."""

    contact_id: UUID
    epoch: int
    lease_until: str = ""
    name: str = ""
    phone: str = ""
    language: str = ""
    interpreter: str = ""
    preferred_time: str = ""
    guardian: str = ""
    child: bool = False
    protected: bool = False


class OpenFollowUp(BaseModel):
    """A line opened for this person by outreach. It passes through the page and is kept nowhere."""

    follow_up_id: UUID
    reason: str
    outcome: str | None = None
    told_by: str = ""
    told_at: str = ""
    name: str = ""
    phone: str | None = None
    note: str | None = None
    guardian: str | None = None
    child: bool = False
    protected: bool = False
    hindrance: str | None = None


@dataclass(frozen=True, slots=True)
class CallResult:
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


@dataclass(frozen=True, slots=True)
class OpenCards:
    """What the page has open, and what was typed into it."""

    claimed: ClaimedCall | None = None
    result: CallResult | None = None
    follow_up: OpenFollowUp | None = None
    why: str = ""


async def show(
    deps: Dependencies,
    request: Request,
    visitor: Visitor,
    authority: str,
    alert: Alert | None = None,
    cards: OpenCards = OpenCards(),
    *,
    incident_id: UUID | None = None,
) -> Response:
    chosen = f"?incident_id={incident_id}" if incident_id else ""
    answer = await deps.services.get("outreach", f"/authorities/{authority}/calls{chosen}")
    open_lines = await deps.services.get("outreach", f"/authorities/{authority}/follow-ups{chosen}")
    names = await deps.authority_names()
    if _is_unknown(answer) and authority not in names:
        return nothing(deps.renderer, request, visitor, UNKNOWN_AUTHORITY)
    async with deps.database.transaction() as session:
        incidents = {str(i.incident_id): i.name for i in await queries.incidents(session)}
    listed = answer.json["calls"] if isinstance(answer, Ok) else []
    left = open_lines.json["follow_ups"] if isinstance(open_lines, Ok) else []
    calls = [call_line(call, incidents, visitor.name, deps.clock.now()) for call in listed]
    follow_ups = [follow_up_line(line, incidents) for line in left]
    in_hand = str(cards.claimed.contact_id) if cards.claimed else ""
    opened = str(cards.follow_up.follow_up_id) if cards.follow_up else ""
    context = {
        "here": f"/calls/{authority}",
        "authority": authority,
        "place": names.get(authority, authority),
        "calls": [call for call in calls if call.contact_id != in_hand],
        "follow_ups": follow_ups,
        "claimed": cards.claimed,
        "exercise": any(call.exercise for call in calls if call.contact_id == in_hand)
        or any(line.exercise for line in follow_ups if line.follow_up_id == opened),
        "result": cards.result,
        "follow_up": cards.follow_up,
        "why": cards.why,
        "outcomes": [outcome for outcome in CallOutcome if outcome not in WITHDRAWALS],
        "withdrawals": WITHDRAWALS,
    }
    if alert is None and not isinstance(answer, Ok) and not _is_unknown(answer):
        alert = alert_of(answer)
    return deps.renderer.page(request, visitor, "calls/list.html", context, alert=alert)


def _is_unknown(answer: ServiceResponse) -> bool:
    """Tell whether outreach has heard of nobody of that authority: it has no calls, if it is one."""
    return isinstance(answer, ProblemResponse) and answer.code == "unknown-authority"
