"""Pages: all that is offered to one authority, accepted at once, after a look at how many that is."""

import asyncio
from dataclasses import dataclass
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Form, Path, Request
from fastapi.responses import Response

from kit.http.timestamps import Timestamp
from services.console.clients.service_client import Answer, Answered
from services.console.pages.bulk_acceptance import view as views
from services.console.pages.incidents.context import head_context
from services.console.web.dependencies import Desk
from services.console.web.renderer import NO_NAME, Alert, alert_of, nothing
from services.console.web.session import Visitor, WithVisitor

_MORE = Alert("offered-since", "")
AuthorityCode = Annotated[str, Path(pattern=r"^[A-Za-z0-9-]{1,40}$")]


@dataclass(frozen=True, slots=True)
class Place:
    """Which incident, and whose cases."""

    incident_id: UUID
    authority: str

    @property
    def path(self) -> str:
        return f"/incidents/{self.incident_id}/handovers/of/{self.authority}/accept"

    def listed(self, state: str = "") -> str:
        of_state = f"&state={state}" if state else ""
        return (
            f"/incidents/{self.incident_id}/handovers?authority={self.authority}"
            f"&limit={views.AT_ONCE}{of_state}"
        )


def _place(incident_id: UUID, authority: AuthorityCode) -> Place:
    return Place(incident_id, authority)


def _seen(
    people: Annotated[int, Form(ge=0)],
    at: Annotated[Timestamp, Form()],
    latest: Annotated[Timestamp | None, Form()] = None,
) -> views.Seen:
    return views.Seen(people, latest, at)


def routes(desk: Desk) -> APIRouter:
    prefix = "/incidents/{incident_id}/handovers/of/{authority}/accept"
    router = APIRouter(prefix=prefix, include_in_schema=False)

    @router.get("")
    async def ask(
        request: Request, visitor: WithVisitor, place: Annotated[Place, Depends(_place)]
    ) -> Response:
        return await _show(desk, request, visitor, place)

    @router.post("")
    async def accept(
        request: Request,
        visitor: WithVisitor,
        place: Annotated[Place, Depends(_place)],
        seen: Annotated[views.Seen, Depends(_seen)],
    ) -> Response:
        if not visitor.name:
            return await _show(desk, request, visitor, place, NO_NAME)
        told = await _accept(desk, visitor, place, seen)
        if isinstance(told, Alert):
            return await _show(desk, request, visitor, place, told)
        return await _show(desk, request, visitor, place, told=(told, seen))

    return router


async def _accept(desk: Desk, visitor: Visitor, place: Place, seen: views.Seen) -> dict[str, int] | Alert:
    """Accept, unless more is on offer by now than the person has seen."""
    now = await desk.neighbours.get("routing", place.listed("offered"))
    if not isinstance(now, Answered):
        return alert_of(now)
    if views.unseen(now.json, place.authority, seen):
        return _MORE
    told = await desk.neighbours.post(
        "routing",
        f"/incidents/{place.incident_id}/handovers/accept",
        actor=visitor.name,
        json={"authority": place.authority},
        timeout=desk.preview_timeout,
    )
    if not isinstance(told, Answered):
        return alert_of(told)
    return {"accepted": told.json["accepted"], "left": told.json["left"]}


async def _show(
    desk: Desk,
    request: Request,
    visitor: Visitor,
    place: Place,
    alert: Alert | None = None,
    *,
    told: tuple[dict[str, int], views.Seen] | None = None,
) -> Response:
    """`told`: what routing answered, and what was seen before; without it the page asks."""
    context = await head_context(desk, place.incident_id)
    if context is None:
        return nothing(desk.pages, request, visitor)
    names = await desk.place_names()
    answers = await asyncio.gather(
        desk.neighbours.get("routing", place.listed("offered")),
        desk.neighbours.get("routing", place.listed()),
    )
    context |= {
        "here": place.path,
        "authority": place.authority,
        "name": names.get(place.authority, place.authority),
        "at": desk.clock.now().isoformat(),
        "known": all(isinstance(answer, Answered) for answer in answers),
    }
    context |= _figures(place.authority, names, _rows(answers[0]), _rows(answers[1]), told)
    return desk.pages.page(request, visitor, "bulk_acceptance/page.html", context, alert=alert)


def _figures(
    authority: str,
    names: dict[str, str],
    offered: list[dict[str, Any]],
    everything: list[dict[str, Any]],
    told: tuple[dict[str, int], views.Seen] | None,
) -> dict[str, Any]:
    return {
        "offered": views.offered(offered, authority, names),
        "not_offered": views.not_offered(everything, authority),
        "outcome": views.outcome(told[0], everything, authority, told[1]) if told else None,
    }


def _rows(answer: Answer) -> list[dict[str, Any]]:
    return answer.json if isinstance(answer, Answered) else []
