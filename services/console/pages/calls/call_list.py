"""The page of one authority: listed calls, the claimed call, and open follow-ups."""

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

Authority = Annotated[str, Path(pattern=AUTHORITY_CODE)]  # the acting authority: not only municipalities
UNKNOWN_AUTHORITY: Final = Alert("no-list", "", status=HTTPStatus.NOT_FOUND)
WITHDRAWALS: Final = (CallOutcome.WITHDRAWS_CONSENT, CallOutcome.DO_NOT_CONTACT)  # shown as separate buttons


class ClaimedCall(BaseModel):
    """A call that the visitor has claimed. The form carries it; the console does not store it."""

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
    """A line follow_up_id for this person by outreach. It passes through the page and is kept nowhere."""

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
    """The outcome form of a call."""

    outcome: CallOutcome | None
    note: str
    call_back_at: str  # local time, in the browser's format

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
    """The open cards of the page, and their form values."""

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
    follow_ups_answer = await deps.services.get("outreach", f"/authorities/{authority}/follow-ups{chosen}")
    names = await deps.authority_names()
    if _is_unknown(answer) and authority not in names:
        return nothing(deps.renderer, request, visitor, UNKNOWN_AUTHORITY)
    async with deps.database.transaction() as session:
        incidents = {str(i.incident_id): i.name for i in await queries.incidents(session)}
    listed = answer.json["calls"] if isinstance(answer, Ok) else []
    open_follow_ups = follow_ups_answer.json["follow_ups"] if isinstance(follow_ups_answer, Ok) else []
    calls = [call_line(call, incidents, visitor.name, deps.clock.now()) for call in listed]
    follow_ups = [follow_up_line(line, incidents) for line in open_follow_ups]
    claimed_id = str(cards.claimed.contact_id) if cards.claimed else ""
    follow_up_id = str(cards.follow_up.follow_up_id) if cards.follow_up else ""
    context = {
        "here": f"/calls/{authority}",
        "authority": authority,
        "place": names.get(authority, authority),
        "calls": [call for call in calls if call.contact_id != claimed_id],
        "follow_ups": follow_ups,
        "claimed": cards.claimed,
        "exercise": any(call.exercise for call in calls if call.contact_id == claimed_id)
        or any(line.exercise for line in follow_ups if line.follow_up_id == follow_up_id),
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
    """Return whether outreach knows no contact of that authority. An existing authority then has no calls."""
    return isinstance(answer, ProblemResponse) and answer.code == "unknown-authority"
