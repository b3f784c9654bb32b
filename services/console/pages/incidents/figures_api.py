"""The figures of an incident as JSON, for the command line and other systems."""

from typing import Any
from uuid import UUID

from fastapi import APIRouter

from contracts.events.vocabulary import StepKind
from contracts.wire.error_codes import ErrorCode
from contracts.wire.errors import FieldError
from kit.database.database import Database
from kit.http.web import Problem
from kit.runtime.clock import Clock
from services.console.clients.authority_names import AuthorityNames
from services.console.projection import queries
from services.console.projection.funnel import AuthorityFigures, Funnel

UNKNOWN_PLACE = "Ikke afklaret"


def routes(database: Database, clock: Clock, names: AuthorityNames) -> APIRouter:
    router = APIRouter(prefix="/api", tags=["figures"])

    @router.get("/incidents/{incident_id}/funnel")
    async def funnel(incident_id: UUID) -> dict[str, Any]:
        """Every registered person in exactly one bucket: `registered` is their sum.

        Raise 404 for an incident the console has not heard of: a mistyped id must not look like nobody.
        """
        async with database.transaction() as session:
            if await queries.incident(session, incident_id) is None:
                raise _unknown_incident()
            figures = await queries.funnel(session, incident_id)
        return as_json(figures, await names.valid_on(clock.now().date()))

    return router


def _unknown_incident() -> Problem:
    return Problem(
        404,
        "There is no incident with that id, or the console has not heard of it yet. "
        "`folgeskab incident list` shows the ids.",
        errors=[FieldError("incident_id", ErrorCode.UNKNOWN)],
        code="unknown-incident",
    )


def as_json(funnel: Funnel, names: dict[str, str]) -> dict[str, Any]:
    steps = funnel.steps
    return {
        "registered": steps.registered,
        "consented": steps.consented,
        "routed": steps.routed,
        "unresolved": steps.unresolved,
        "planned": steps.planned,
        "handed_over": steps.handed_over,
        "delivered": steps.delivered,
        "buckets": funnel.buckets,
        "per_municipality": {
            names.get(place.code, place.code or UNKNOWN_PLACE): _place(place) for place in funnel.places
        },
        "per_channel": funnel.channels,
        "calls": {
            "waiting": _calls_waiting(funnel),
            "listed": funnel.calls.listed,
            "concluded": funnel.calls.concluded,
            "withheld": funnel.calls.withheld,
        },
        "withheld": funnel.withheld,
        "failed": funnel.failed,
    }


def _place(place: AuthorityFigures) -> dict[str, int]:
    steps = place.steps
    return {
        "registered": steps.registered,
        "consented": steps.consented,
        "planned": steps.planned,
        "handed_over": steps.handed_over,
        "delivered": steps.delivered,
        "calls_listed": place.calls_listed,
        "calls_concluded": place.calls_concluded,
    }


def _calls_waiting(funnel: Funnel) -> int:
    steps = [step for wave in funnel.waves.values() for step in wave]
    return sum(step.waiting for step in steps if step.kind is StepKind.CALL)
