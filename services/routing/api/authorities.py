"""The authorities of a date."""

from datetime import date
from typing import Any

from fastapi import APIRouter

from services.routing.api.office import WithOffice
from services.routing.domain.authority import Kind

router = APIRouter(tags=["authorities"])


@router.get("/authorities")
async def on_a_date(office: WithOffice, on: date | None = None) -> list[dict[str, Any]]:
    day, authorities = on or office.today(), office.authorities
    return [
        {"id": row.id, "name": row.name, "kind": row.kind, "region": authorities.region_of(row.id, day)}
        for kind in Kind
        for row in authorities.of_kind(kind, day)
    ]
