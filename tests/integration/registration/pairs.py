"""Two registrations of one person, and what people do about them, on a real registration office."""

from typing import Any

import httpx

from contracts.wire.event import Event
from kit.runtime.clock import SystemClock
from services.registration.workers.duplicate_matcher import DuplicateMatcher
from tests.deliveries import sent
from tests.integration.registration.api_client import CONSENT, CPR, RegistrationOffice

REGISTRATION = {"purpose": "registration", **CONSENT}
FIRST = {"X-Actor": "Hanne Hotline"}
SECOND = {"X-Actor": "Karl Koordinator"}
HERE: dict[str, Any] = {"name": "Kirsten Bay Holm", "phone": "20 12 34 56", "identifiers": []}
THERE: dict[str, Any] = {"name": "Holm, Kirstem", "phone": None, "identifiers": [{"value": CPR}]}


def to_contact(*channels: str) -> dict[str, Any]:
    return {"purpose": "contact", "channels": channels, **CONSENT}


async def events(office: RegistrationOffice, about: str, *of: type[Event]) -> list[Any]:
    async with office.resources.database.transaction() as session:
        return [e for e in await sent(session) if isinstance(e, of) and e.key() == about]


async def person(office: RegistrationOffice, incident: str, **changed: Any) -> str:
    answer = await office.register(incident, **changed)
    assert answer.status_code in {200, 201}, answer.text
    return str(answer.json()["registration_id"])


async def found(office: RegistrationOffice, incident: str, **query: Any) -> list[dict[str, Any]]:
    finding = DuplicateMatcher(office.resources, SystemClock())
    while await finding.round():
        continue
    answer = await office.http.get(f"/incidents/{incident}/duplicates", params=query)
    pairs: list[dict[str, Any]] = answer.json()
    return pairs


async def step(office: RegistrationOffice, pair: str, name: str, by: dict[str, str]) -> httpx.Response:
    return await office.http.post(f"/duplicates/{pair}/{name}", json={"why": "samme stemme"}, headers=by)


async def merged(office: RegistrationOffice, incident: str, one: str, other: str) -> str:
    """Merge two by hand; give the pair."""
    suggested = await office.http.post(
        f"/incidents/{incident}/duplicates", json={"one": one, "other": other, "why": "samme stemme"}
    )
    assert suggested.status_code == 201, suggested.text
    pair = str(suggested.json()["id"])
    confirmed = await step(office, pair, "confirm", SECOND)
    assert confirmed.status_code == 200, confirmed.text
    return pair


async def shown(office: RegistrationOffice, registration: str) -> dict[str, Any]:
    answer: dict[str, Any] = (await office.http.get(f"/registrations/{registration}")).json()
    return answer
