"""The authorities on a date and their capabilities."""

from datetime import date
from typing import Any

from fastapi import APIRouter

from kit.http.timestamps import Day
from kit.http.web import Problem
from services.routing.api.dependencies import Dependencies, WithDependencies
from services.routing.domain.authority import Authorities, Authority, AuthorityKind

router = APIRouter(tags=["authorities"])


@router.get("/authorities")
async def list_authorities(
    deps: WithDependencies, on: Day | None = None, version: int | None = None
) -> list[dict[str, Any]]:
    """List the authorities on a date. `version` selects an earlier table instead of the current one."""
    day, authorities = on or deps.today(), await _table(deps, version)
    return [
        _as_json(row, authorities, day) for kind in AuthorityKind for row in authorities.of_kind(kind, day)
    ]


async def _table(deps: Dependencies, version: int | None) -> Authorities:
    if version is None:
        return deps.authorities
    found = await deps.directory.of_version(version)
    if found is None:
        raise Problem(
            404,
            "Unknown version of the table. List the versions with GET /authorities/versions.",
            code="unknown-version",
        )
    return found


def _as_json(row: Authority, authorities: Authorities, on: date) -> dict[str, Any]:
    return {
        "id": row.id,
        "name": row.name,
        "kind": row.kind,
        "region": authorities.region_of(row.id, on),
        "health_council": authorities.health_council_of(row.id, on),
        "crisis_team": row.crisis_team,
        "delegates_to": row.delegates_to,
        "acting": authorities.acting_for(row, on),
        "languages": row.languages,
        "opening_hours": row.opening_hours,
        "capacity_a_day": row.capacity_a_day,
    }
