"""registration's HTTP interface on a real database, as one caller sees it."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx
from fastapi import APIRouter

from kit.database.database import Database
from kit.http.edge import EdgeRules
from kit.http.web import make_app
from kit.privacy.keyring import Keyring
from kit.runtime.clock import SystemClock
from kit.runtime.ids import new_id
from services.registration import api
from services.registration.resources import Resources
from services.registration.store.blind_index import BlindIndex
from tests.conftest import Databases
from tests.integration.registration.last_states import check_last_states

CPR = "2512489996"  # published: HL7 Denmark, dk-core
CONSENT = {
    "wording": "2026-1", "language": "da", "how": "paper_form", "form_number": "SK-1", "by": "Registrator",
    "at": "2026-11-24T12:00:00+01:00",
}  # fmt: skip
PERSON: dict[str, Any] = {
    "name": "Nancy Ann Test Berggren", "role": "victim", "place": "epc", "phone": "20 12 34 56",
    "identifiers": [{"value": CPR}],
    "consents": [
        {"purpose": "registration", **CONSENT},
        {"purpose": "contact", "channels": ["call", "sms"], **CONSENT},
    ],
}  # fmt: skip


@dataclass(frozen=True)
class RegistrationOffice:
    http: httpx.AsyncClient
    resources: Resources

    async def open_incident(self, **changed: Any) -> str:
        answer = await self.http.post(
            "/incidents",
            json={
                "name": "Togulykke", "place": "Aarhus H", "event_authority": "0751", "exercise": True,
                "started_at": "2026-11-24T10:00:00+01:00", **changed,
            },
        )  # fmt: skip
        assert answer.status_code == 201, answer.text
        return str(answer.json()["incident_id"])

    async def register(self, incident_id: str, key: str | None = None, **changed: Any) -> httpx.Response:
        return await self.http.post(
            f"/incidents/{incident_id}/registrations",
            json=PERSON | changed,
            headers={"Idempotency-Key": key or str(new_id())},
        )

    async def import_csv(self, incident_id: str, content: bytes) -> httpx.Response:
        return await self.http.post(f"/incidents/{incident_id}/imports", content=content)

    async def counts(self, incident_id: str) -> dict[str, int]:
        answer = await self.http.get(f"/incidents/{incident_id}/counts")
        found: dict[str, int] = answer.json()
        return found


@asynccontextmanager
async def opened(
    databases: Databases, *more: Callable[[Resources], APIRouter], checked: bool = True
) -> AsyncIterator[RegistrationOffice]:
    """Serve registration. `checked`: at the end, the last events carry the states that it has."""
    database = Database(await databases.migrate("registration"), name="test")
    keyring = Keyring(Database(databases.keyring_url("registration"), name="test"), databases.master())
    resources = Resources(database, keyring, BlindIndex(databases.master()))
    app = make_app("registration", edge=EdgeRules(large=api.LARGE))
    app.include_router(api.routes(resources, SystemClock(), import_batch=100))
    for routes in more:
        app.include_router(routes(resources))
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app), base_url="http://test", headers={"X-Actor": "Hanne Hotline"}
    ) as http:
        yield RegistrationOffice(http, resources)
    if checked:
        await check_last_states(database)
    await keyring.close()
    await database.close()
