"""Pages: accept all cases offered to one authority, after the number was shown."""

import asyncio
from dataclasses import dataclass
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Form, Path, Request
from fastapi.responses import Response

from kit.http.timestamps import Timestamp
from services.console.clients.service_client import Ok, ServiceResponse
from services.console.pages.bulk_acceptance import view as views
from services.console.pages.incidents.context import head_context
from services.console.web.dependencies import Dependencies
from services.console.web.renderer import NO_NAME, Alert, alert_of, nothing
from services.console.web.session import Visitor, WithVisitor

_MORE = Alert("offered-since", "")
AuthorityCode = Annotated[str, Path(pattern=r"^[A-Za-z0-9-]{1,40}$")]


@dataclass(frozen=True, slots=True)
class OfferScope:
    """One authority's cases of one incident."""

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


def _scope(incident_id: UUID, authority: AuthorityCode) -> OfferScope:
    return OfferScope(incident_id, authority)


def _seen(
    people: Annotated[int, Form(ge=0)],
    at: Annotated[Timestamp, Form()],
    latest: Annotated[Timestamp | None, Form()] = None,
) -> views.SeenOffer:
    return views.SeenOffer(people, latest, at)


def routes(deps: Dependencies) -> APIRouter:
    prefix = "/incidents/{incident_id}/handovers/of/{authority}/accept"
    router = APIRouter(prefix=prefix, include_in_schema=False)

    @router.get("")
    async def ask(
        request: Request, visitor: WithVisitor, scope: Annotated[OfferScope, Depends(_scope)]
    ) -> Response:
        return await _show(deps, request, visitor, scope)

    @router.post("")
    async def accept(
        request: Request,
        visitor: WithVisitor,
        scope: Annotated[OfferScope, Depends(_scope)],
        seen: Annotated[views.SeenOffer, Depends(_seen)],
    ) -> Response:
        if not visitor.name:
            return await _show(deps, request, visitor, scope, NO_NAME)
        accepted = await _accept(deps, visitor, scope, seen)
        if isinstance(accepted, Alert):
            return await _show(deps, request, visitor, scope, accepted)
        return await _show(deps, request, visitor, scope, accepted=(accepted, seen))

    return router


async def _accept(
    deps: Dependencies, visitor: Visitor, scope: OfferScope, seen: views.SeenOffer
) -> dict[str, int] | Alert:
    """Accept the cases, unless more are offered now than were shown."""
    now = await deps.services.get("routing", scope.listed("offered"))
    if not isinstance(now, Ok):
        return alert_of(now)
    if views.unseen(now.json, scope.authority, seen):
        return _MORE
    accepted = await deps.services.post(
        "routing",
        f"/incidents/{scope.incident_id}/handovers/accept",
        actor=visitor.name,
        json={"authority": scope.authority},
        timeout=deps.preview_timeout,
    )
    if not isinstance(accepted, Ok):
        return alert_of(accepted)
    return {"accepted": accepted.json["accepted"], "left": accepted.json["left"]}


async def _show(
    deps: Dependencies,
    request: Request,
    visitor: Visitor,
    scope: OfferScope,
    alert: Alert | None = None,
    *,
    accepted: tuple[dict[str, int], views.SeenOffer] | None = None,
) -> Response:
    """Show the result if `accepted` is given (routing's answer, the offer shown), else the question."""
    context = await head_context(deps, scope.incident_id)
    if context is None:
        return nothing(deps.renderer, request, visitor)
    names = await deps.authority_names()
    answers = await asyncio.gather(
        deps.services.get("routing", scope.listed("offered")),
        deps.services.get("routing", scope.listed()),
    )
    context |= {
        "here": scope.path,
        "authority": scope.authority,
        "name": names.get(scope.authority, scope.authority),
        "at": deps.clock.now().isoformat(),
        "known": all(isinstance(answer, Ok) for answer in answers),
    }
    context |= _figures(scope.authority, names, _rows(answers[0]), _rows(answers[1]), accepted)
    return deps.renderer.page(request, visitor, "bulk_acceptance/page.html", context, alert=alert)


def _figures(
    authority: str,
    names: dict[str, str],
    offered: list[dict[str, Any]],
    everything: list[dict[str, Any]],
    accepted: tuple[dict[str, int], views.SeenOffer] | None,
) -> dict[str, Any]:
    return {
        "offered": views.offered(offered, authority, names),
        "not_offered": views.not_offered(everything, authority),
        "outcome": views.outcome(accepted[0], everything, authority, accepted[1]) if accepted else None,
    }


def _rows(answer: ServiceResponse) -> list[dict[str, Any]]:
    return answer.json if isinstance(answer, Ok) else []
