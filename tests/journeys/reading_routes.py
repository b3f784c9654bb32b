"""Call every reading route under a name that can be found in the access log."""

from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass

import httpx

from deploy.local.stack import Stack
from tests.journeys.ways_in import Scene
from tests.routes_that_open import ROUTES, Opens
from tests.stacks import connected

SERVICES = ("registration", "routing", "outreach", "notify")
_LISTED = "outreach.contact where state = 'listed' order by contact_id"
_FOLLOW_UP = "outreach.follow_up join outreach.contact using (contact_id) order by follow_up_id"
_NAMED = {  # of the case that was handed over; or of whoever has one
    "consent_id": "registration.consent_entry where registration_id = '{case}' and kind = 'given'",
    "duplicate_id": "registration.duplicate where state = 'merged'",
    "import_id": "registration.import_job where way = 'csv' and not dry_run and bad_rows > 0",
    "handover_id": "routing.handover where registration_id = '{case}' and state = 'offered'",
    "contact_id": _LISTED,
    "listed_for": _LISTED,
    "follow_up_id": _FOLLOW_UP,
    "followed_up_by": _FOLLOW_UP,
    "wave_id": "outreach.wave",
    "slug": "registration.public_form",
    "kommunekode": "outreach.contact where state = 'listed'",
}
_COLUMNS = {
    "consent_id": "id", "duplicate_id": "id", "import_id": "id", "kommunekode": "municipality",
    "listed_for": "authority", "followed_up_by": "authority",
}  # fmt: skip


@dataclass(frozen=True)
class Look:
    service: str
    route: str
    actor: str
    status: int
    content: bytes


async def looks(scene: Scene) -> AsyncIterator[Look]:
    """Ask by each route that reads; and by those that open by a POST."""
    values = await _values(scene)
    async with httpx.AsyncClient(timeout=60) as client:
        for number, (service, route) in enumerate(_reading()):
            method, path = route.split(" ")
            actor = f"ugle {number}"
            who = {"X-Actor": actor, "Cookie": f"folgeskab_who=ugle%20{number}"}
            answer = await client.request(
                method, scene.stack.url(service) + path.format(**values), headers=who,
                json=_body(scene, path, values),
                params={"on": "2026-12-20"} if path.endswith("preview") else {},
            )  # fmt: skip
            yield Look(service, route, actor, answer.status_code, answer.content)


def _reading() -> Iterator[tuple[str, str]]:
    for service in (*SERVICES, "console"):
        for route, opens in ROUTES[service].items():
            reads = route.startswith("GET") and not route.endswith("/live")  # which never ends
            if reads or opens in {Opens.PERSON, Opens.SEARCH}:
                yield service, route


def _body(scene: Scene, path: str, values: Mapping[str, str]) -> Mapping[str, str] | None:
    name = scene.canaries.placed["mother name"]
    bodies = {
        "/searches": {"incident_id": scene.incident, "by": "name", "value": name, "purpose": "hotline"},
        "/calls/{contact_id}/claim": {"authority": values["listed_for"]},
        "/follow-ups/{follow_up_id}/open": {"authority": values["followed_up_by"]},
    }
    return bodies.get(path)


async def _values(scene: Scene) -> dict[str, str]:
    async with connected(scene.stack) as connection:
        found = {
            name: await connection.fetchval(
                f"select {_COLUMNS.get(name, name)}::text from {where.format(case=scene.case)} limit 1"
            )
            for name, where in _NAMED.items()
        }
    assert all(found.values()), found
    return found | {
        "incident_id": scene.incident, "registration_id": scene.case, "owner_id": scene.case,
        "authority_id": "0751",
        "authority": "0751",
        "version": "2026-1", "reopening_id": scene.case,
    }  # fmt: skip


async def recorded(stack: Stack, service: str, actor: str) -> set[str]:
    """Return which kinds of events that name the actor lie in the outbox of a service."""
    async with connected(stack) as connection:
        rows = await connection.fetch(
            f"select ce_type from {service}.outbox where topic = 'audit.v1'"
            " and convert_from(value, 'UTF8')::json ->> 'actor' = $1",
            actor,
        )
    return {row[0].split(".")[1] for row in rows}


@asynccontextmanager
async def unrecordable(stack: Stack) -> AsyncIterator[None]:
    """Let no service put anything on record of who looks, for as long as this lasts."""
    async with connected(stack) as connection:
        await connection.execute(
            "create function public.no_record() returns trigger language plpgsql as"
            " $$ begin raise exception 'the record is full'; end $$"
        )
        for service in SERVICES:
            await connection.execute(
                f"create trigger no_record before insert on {service}.outbox for each row"
                " when (new.topic = 'audit.v1') execute function public.no_record()"
            )
        try:
            yield
        finally:
            await connection.execute("drop function public.no_record() cascade")
