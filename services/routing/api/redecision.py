"""Preview changes of the home authority on a date, and decide cases again in bulk."""

from datetime import date
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter
from pydantic import AfterValidator, BaseModel, ConfigDict, StringConstraints

from contracts.events.ids import AuthorityId
from contracts.rules.plain_text import refuse_numbers
from contracts.wire.error_codes import ErrorCode
from contracts.wire.errors import FieldError
from kit.http.timestamps import Day
from kit.http.web import Problem, WithCaller
from kit.runtime.ids import new_id
from services.routing.api.dependencies import Dependencies, WithDependencies
from services.routing.domain.redecision import HomeAuthority, HomeChange, home_changes
from services.routing.store import redecisions
from services.routing.store.redecisions import RedecisionProgress, RedecisionRequest

router = APIRouter(prefix="/reresolution", tags=["reresolution"])
Why = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=3, max_length=500),
    AfterValidator(refuse_numbers),
]


class RedecisionBody(BaseModel):
    """Select cases whose last decision is for `on` (default: today) or an earlier day."""

    model_config = ConfigDict(extra="forbid")

    on: Day | None = None
    incident_id: UUID | None = None
    why: Why


@router.get("/preview")
async def preview(deps: WithDependencies, on: Day, incident_id: UUID | None = None) -> dict[str, Any]:
    """Compare the last decisions with the authorities on that date. Nothing is written or looked up."""
    async with deps.database.transaction() as session:
        rows = await redecisions.count_by_home(session, incident_id)
    decided = [(_home(row.municipality, row.region), row.cases) for row in rows if row.municipality]
    found = home_changes(decided, deps.authorities, on)
    total = sum(row.cases for row in rows)
    moving = sum(move.cases for move in found)
    return {
        "on": on,
        "incident_id": incident_id,
        "register_asked": False,
        "cases": total,
        "move": moving,
        "stay": sum(cases for _, cases in decided) - moving,
        "undecided": total - sum(cases for _, cases in decided),
        "moves": [_change_as_json(move, deps, on) for move in found],
    }


@router.post("")
async def decide_again(asked: RedecisionBody, caller: WithCaller, deps: WithDependencies) -> dict[str, Any]:
    """Request new decisions in bulk. The work runs in the background; poll it by its id."""
    on = asked.on or deps.today()
    if on > deps.today():
        raise _not_yet()
    request = RedecisionRequest(new_id(), deps.clock.now(), caller.name, asked.why, on, asked.incident_id)
    async with deps.database.transaction() as session:
        cases = await redecisions.add_request(session, request)
    return {"reopening_id": request.reopening_id, "on": on, "cases": cases}


@router.get("/{reopening_id}")
async def progress(reopening_id: UUID, deps: WithDependencies) -> RedecisionProgress:
    """Return the number of cases reopened so far, and when the request was completed."""
    async with deps.database.transaction() as session:
        row = await redecisions.find_request(session, reopening_id)
    if row is None:
        raise Problem(404, "Unknown request. Check its id.", code="unknown-reopening")
    return row


def _not_yet() -> Problem:
    return Problem(
        422,
        "The date is in the future. Use the preview to see the changes. "
        "On that date the cases are decided again automatically.",
        errors=[FieldError("on", ErrorCode.IN_FUTURE)],
        code="day-not-come",
    )


def _home(municipality: str, region: str | None) -> HomeAuthority:
    return HomeAuthority(AuthorityId(municipality), AuthorityId(region) if region else None)


def _change_as_json(move: HomeChange, deps: Dependencies, on: date) -> dict[str, Any]:
    return {
        "cases": move.cases,
        "from": _home_as_json(move.before, deps, deps.today()),
        "to": None if move.after is None else _home_as_json(move.after, deps, on),
    }


def _home_as_json(home: HomeAuthority, deps: Dependencies, on: date) -> dict[str, Any]:
    name = deps.authorities.name_of
    return {
        "municipality": home.municipality,
        "municipality_name": name(home.municipality, on),
        "region": home.region,
        "region_name": name(home.region, on) if home.region else None,
        "health_council": deps.authorities.health_council_of(home.municipality, on),
    }
