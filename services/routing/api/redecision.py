"""Who would move on a day, and deciding again in bulk."""

from datetime import date
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter
from pydantic import AfterValidator, BaseModel, ConfigDict, StringConstraints

from contracts.events.ids import AuthorityId
from contracts.rules.plain_text import refuse_numbers
from kit.http.timestamps import Day
from kit.http.web import Problem, WithCaller
from kit.runtime.ids import new_id
from services.routing.api.dependencies import Dependencies, WithDependencies
from services.routing.domain.redecision import HomeAuthority, HomeChange, home_changes
from services.routing.store import redecisions
from services.routing.store.redecisions import RedecisionRequest

router = APIRouter(prefix="/reresolution", tags=["reresolution"])
Why = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=3, max_length=500),
    AfterValidator(refuse_numbers),
]


class RedecisionBody(BaseModel):
    """`on` left out: today. Decided again are cases whose last decision is for that day or one before it."""

    model_config = ConfigDict(extra="forbid")

    on: Day | None = None
    incident_id: UUID | None = None
    why: Why


@router.get("/preview")
async def preview(deps: WithDependencies, on: Day, incident_id: UUID | None = None) -> dict[str, Any]:
    """Compare the last decisions with the authorities of that day. Writes nothing, asks no register."""
    async with deps.database.transaction() as session:
        rows = await redecisions.count_by_home(session, incident_id)
    decided = [
        (_home(row["municipality"], row["region"]), row["cases"]) for row in rows if row["municipality"]
    ]
    found = home_changes(decided, deps.authorities, on)
    total = sum(row["cases"] for row in rows)
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
    """Reopen at once and in bulk. The answer comes before the work is done: ask for it by its id."""
    on = asked.on or deps.today()
    if on > deps.today():
        raise _not_yet(on)
    request = RedecisionRequest(new_id(), deps.clock.now(), caller.name, asked.why, on, asked.incident_id)
    async with deps.database.transaction() as session:
        cases = await redecisions.add_request(session, request)
    return {"reopening_id": request.reopening_id, "on": on, "cases": cases}


@router.get("/{reopening_id}")
async def progress(reopening_id: UUID, deps: WithDependencies) -> dict[str, Any]:
    """Tell how many cases were reopened, and whether that was all of them."""
    async with deps.database.transaction() as session:
        row = await redecisions.find_request(session, reopening_id)
    if row is None:
        raise Problem(404, "Nobody has asked for that.", code="unknown-reopening")
    return dict(row)


def _not_yet(on: date) -> Problem:
    return Problem(
        422,
        "That day has not come: cases are decided for the day of each contact. "
        "See who would move with the preview; when the day comes they are decided again by themselves.",
        errors=[("on", f"{on.isoformat()} is after today")],
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
