"""The outreach service for tests: the test runs every round of the loops."""

from collections.abc import AsyncIterator, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest

from contracts.events.ids import IncidentId, RegistrationId
from contracts.wire.event import Event
from kit.database.database import Database
from kit.http.web import make_app
from kit.privacy.keyring import Keyring
from kit.runtime.loops import Loop
from services.outreach import handlers
from services.outreach.api import calls, follow_ups, waves
from services.outreach.dependencies import Dependencies
from services.outreach.plans import files
from services.outreach.workers.due_contacts import DueWork
from services.outreach.workers.launcher import Launcher
from services.outreach.workers.sweeper import Sweeper
from tests.conftest import Databases
from tests.deliveries import deliveries, sent
from tests.person_states import InventedPeople
from tests.unit.outreach.cases import AARHUS, StoppedClock, incident_id, opened, registration_id, whole

FROM_LIST = {"authority": AARHUS}  # what a claim names: whose list the call stands on


class Outreach:
    def __init__(self, database: Database, keyring: Keyring) -> None:
        self.database = database
        self.keyring = keyring
        self.clock = StoppedClock()
        self.people = InventedPeople()
        self.launcher = Launcher(database, self.clock, batch=3)
        self.due = self.worker()
        self.sweeper = Sweeper(database, self.clock)
        self._handle = handlers.handler(self.clock)
        self.app = app = make_app("outreach")
        loop = Loop("launch", self.launcher.round, every=1.0)
        app.include_router(waves.routes(database, self.clock, files.load(), loop))
        dependencies = Dependencies(database, keyring, self.clock, timedelta(minutes=15))
        app.include_router(calls.routes(dependencies))
        app.include_router(follow_ups.routes(dependencies))
        self.app = app
        self.http = httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://outreach")

    def worker(self, *, batch: int = 100, lease: timedelta = timedelta(seconds=30)) -> DueWork:
        return DueWork(self.database, self.clock, batch=batch, lease=lease)

    async def consume(self, *events: Event) -> None:
        async with self.database.transaction() as session:
            await self._handle(session, deliveries(self.people.stated(events)))

    async def emitted(self, *kinds: type[Event]) -> list[Any]:
        async with self.database.transaction() as session:
            return [event for event in await sent(session) if isinstance(event, kinds)]

    async def ask(self, method: str, path: str, *, by: str = "anna", **how: Any) -> httpx.Response:
        return await self.http.request(method, path, headers={"X-Actor": by}, **how)

    async def answer(self, method: str, path: str, *, by: str = "anna", **how: Any) -> Any:
        response = await self.ask(method, path, by=by, **how)
        assert response.is_success, response.text
        return response.json()

    async def incident(self, people: int = 0) -> tuple[IncidentId, list[RegistrationId]]:
        incident = incident_id()
        ids = [registration_id() for _ in range(people)]
        await self.consume(opened(incident), *(event for each in ids for event in whole(incident, each)))
        return incident, ids

    async def draft(
        self, incident: UUID, plan: str = "exercise", *, repeat: bool = False, **selection: Sequence[str]
    ) -> str:
        drafted = {"plan": plan, "selection": selection} | ({"repeat": True} if repeat else {})
        made = await self.answer("POST", f"/incidents/{incident}/waves", json=drafted)
        return str(made["wave_id"])

    async def approved(self, incident: UUID, plan: str = "exercise", *, repeat: bool = False) -> str:
        wave = await self.draft(incident, plan, repeat=repeat)
        seen = await self.answer("POST", f"/waves/{wave}/preview")
        await self.answer(
            "POST", f"/waves/{wave}/approve", by="bo", json={"frozen_hash": seen["frozen_hash"]}
        )
        return wave

    async def launched(self, incident: UUID, plan: str = "exercise") -> str:
        """Launch a wave and write its contacts without claiming them."""
        wave = await self.approved(incident, plan)
        await self.answer("POST", f"/waves/{wave}/launch")
        while await self.launcher.round():
            pass
        return wave

    async def all_due(self) -> None:
        while await self.due.round():
            pass

    async def buckets(self, incident: UUID) -> dict[tuple[str, str, str | None], int]:
        found = await self.answer("GET", f"/incidents/{incident}/buckets")
        counted = {(b["kind"], b["bucket"], b["reason"]): b["contacts"] for b in found["buckets"]}
        assert sum(counted.values()) == found["total"]
        return counted


@pytest.fixture(scope="module")
async def outreach_keyring(databases: Databases) -> AsyncIterator[Keyring]:
    made = databases.keyring("registration")
    yield made
    await made.close()


@pytest.fixture(scope="module")
async def outreach_database(databases: Databases) -> AsyncIterator[Database]:
    made = Database(await databases.migrate("outreach"), name="outreach-test")
    yield made
    await made.close()


@pytest.fixture
async def outreach(outreach_database: Database, outreach_keyring: Keyring) -> Outreach:
    return Outreach(outreach_database, outreach_keyring)
