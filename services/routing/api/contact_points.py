"""The directory of contact points. Each change is kept with its author and reason."""

import json
from typing import Annotated, Any

from fastapi import APIRouter
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

from contracts.events.ids import AuthorityId
from contracts.rules.plain_text import refuse_numbers
from kit.http.timestamps import Day
from kit.http.web import Problem, WithCaller
from services.routing.api.dependencies import Dependencies, WithDependencies
from services.routing.domain.contact_point import ContactKind, ContactPoint, contact_point_problem, in_force
from services.routing.domain.period import Period
from services.routing.store import authorities as store

router = APIRouter(prefix="/authorities/{authority_id}/contact-points", tags=["authorities"])


class ContactPointBody(BaseModel):
    """A contact point. `valid_to` is the first day on which it is no longer valid."""

    model_config = ConfigDict(extra="forbid")

    kind: ContactKind
    value: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
    valid_from: Day
    valid_to: Day | None = None

    def point(self) -> ContactPoint:
        return ContactPoint(self.kind, self.value, Period(self.valid_from, self.valid_to))


class ContactPointsBody(BaseModel):
    """The complete list of contact points; it replaces the previous list.

    `changes`: the number of changes when the caller read the list. A later change causes a conflict.
    """

    model_config = ConfigDict(extra="forbid")

    contact_points: Annotated[tuple[ContactPointBody, ...], Field(max_length=50)]
    changes: Annotated[int, Field(ge=0)] | None = None
    why: Annotated[
        str,
        StringConstraints(strip_whitespace=True, min_length=3, max_length=500),
        AfterValidator(refuse_numbers),
    ]


@router.get("")
async def read(authority_id: AuthorityId, deps: WithDependencies, on: Day | None = None) -> dict[str, Any]:
    """Return its contact points; if it has none yet, those of the authorities it succeeded."""
    _require_authority(authority_id, deps)
    day = on or deps.today()
    async with deps.database.transaction() as session:
        rows = await store.list_contact_points(session, authority_id)
        points = [_as_json(point) for point in in_force(_latest(rows), day)]
        for before in () if rows else deps.authorities.succeeded(authority_id, day):
            inherited = in_force(_latest(await store.list_contact_points(session, before)), day)
            points += [_as_json(point, before) for point in inherited]
    return {
        "authority": authority_id,
        "on": day,
        "contact_points": points,
        "history": [
            {
                "at": row.set_at,
                "by": row.set_by,
                "why": row.why,
                "contact_points": [_as_json(one.point()) for one in _points(row)],
            }
            for row in rows
        ],
    }


@router.put("")
async def replace(
    authority_id: AuthorityId, said: ContactPointsBody, caller: WithCaller, deps: WithDependencies
) -> dict[str, Any]:
    _require_authority(authority_id, deps)
    flaws = [
        (f"contact_points.{i}", contact_point_problem(one.point()))
        for i, one in enumerate(said.contact_points)
    ]
    if wrong := [(field, reason) for field, reason in flaws if reason]:
        raise Problem(
            422,
            "Some contact points are invalid. Nothing was changed. Correct them and send all again.",
            errors=wrong,
            code="invalid",
        )
    points = json.dumps([one.model_dump(mode="json") for one in said.contact_points])
    async with deps.database.transaction() as session:
        made = await store.lock_contact_points(session, authority_id)
        if said.changes not in {None, made}:
            raise _changed_meanwhile()
        await store.add_contact_points(
            session, authority_id, points, (deps.clock.now(), caller.name, said.why)
        )
    return {"authority": authority_id, "contact_points": len(said.contact_points)}


def _changed_meanwhile() -> Problem:
    return Problem(
        409,
        "The contact points were changed by someone else. Read them again, then repeat your change.",
        code="contact-points-changed",
    )


def _require_authority(authority_id: AuthorityId, deps: Dependencies) -> None:
    if not any(row.id == authority_id for row in deps.authorities.table.authorities):
        raise Problem(404, "Unknown authority. Check its code.", code="unknown-authority")


def _points(row: store.ContactPointsChange) -> list[ContactPointBody]:
    return [ContactPointBody(**one) for one in json.loads(row.points)]


def _latest(rows: list[store.ContactPointsChange]) -> tuple[ContactPoint, ...]:
    return tuple(one.point() for one in _points(rows[-1])) if rows else ()


def _as_json(point: ContactPoint, taken_over_from: AuthorityId | None = None) -> dict[str, Any]:
    inherited = {} if taken_over_from is None else {"taken_over_from": taken_over_from}
    return inherited | {
        "kind": point.kind,
        "value": point.value,
        "valid_from": point.valid.start,
        "valid_to": point.valid.end,
    }
