"""Routing with its loop in the test's hand: every round is run when the test says so."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx

from contracts.events import personal
from contracts.events.ids import IncidentId, RegistrationId
from contracts.events.registration import PersonForgotten, PersonRegistered
from contracts.events.vocabulary import AgeBand, RegistrationPlace, Role
from contracts.wire.event import Event
from contracts.wire.sealed import Sealed
from deploy.local.assets import assets_dir
from kit.database.database import Database
from kit.http.web import make_app
from kit.privacy.keyring import Keyring
from kit.runtime.clock import Clock
from kit.runtime.ids import new_id
from services.routing import api, handlers
from services.routing.authorities.directory import AuthorityDirectory
from services.routing.domain.handover import DEFAULT_HANDOVER_DEADLINES
from services.routing.domain.retry import RetryPolicy
from services.routing.register.sf1520 import Sf1520Register
from services.routing.workers.decide_cases import DecisionWorker
from services.routing.workers.redecide import RedecisionWorker
from tests.deliveries import deliveries, sent

AT = datetime(2026, 12, 31, 22, 30, tzinfo=UTC)  # half an hour before the reform of 2027, in Copenhagen
_AT_ONCE = RetryPolicy(timedelta(), timedelta(), to_people_after=3)


class StoppedClock(Clock):
    """A clock that moves when the test says so."""

    def __init__(self, at: datetime = AT) -> None:
        self.at = at

    def now(self) -> datetime:
        return self.at


class Routing:
    def __init__(self, database: Database, keys: Keyring, register: Sf1520Register) -> None:
        """`keys`: as registration has it, which issues and deletes them."""
        self.database = database
        self.keys = keys
        self.register = register
        self.clock = StoppedClock()
        self.deadlines = DEFAULT_HANDOVER_DEADLINES
        self.directory = AuthorityDirectory(database, {})
        self.work = self.worker()
        self.reopening = RedecisionWorker(database, self.directory, self.clock, batch=3)
        self.app = app = make_app("routing")
        app.include_router(api.routes(database, keys, self.directory, self.clock, assets_dir=assets_dir()))
        self.http = httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://routing")

    def worker(self, *, batch: int = 100, lease: timedelta = timedelta(seconds=30)) -> DecisionWorker:
        return DecisionWorker(
            self.database,
            self.keys,
            self.register,
            self.directory,
            self.clock,
            _AT_ONCE,
            batch=batch,
            lease=lease,
        )

    async def tell(self, *events: Event) -> None:
        async with self.database.transaction() as session:
            await handlers.handler(self.clock, self.deadlines)(session, deliveries(events))

    async def said_of(self, *people: UUID) -> list[Any]:
        async with self.database.transaction() as session:
            return [
                event for event in await sent(session) if getattr(event, "registration_id", None) in people
            ]

    async def sealed_of(self, person: UUID) -> list[bytes | None]:
        async with self.database.transaction() as session:
            row = await session.fetchrow(
                "select identity, contact, recipient from home_case where registration_id = $1", person
            )
        return list(row or ())

    async def person(
        self,
        incident: IncidentId,
        *cprs: str,
        addresses: Sequence[personal.Address] = (),
        age_band: AgeBand = AgeBand.UNKNOWN,
    ) -> PersonRegistered:
        """Make a person with a key, as registration tells of one."""
        registration_id = RegistrationId(new_id())
        key = (await self.keys.issue([registration_id]))[registration_id]
        identity = personal.Identity(tuple(personal.Identifier("cpr", cpr) for cpr in cprs))
        contact = personal.ContactDetails(name="Nancy Ann Berggren", addresses=tuple(addresses))
        return PersonRegistered(
            incident_id=incident,
            exercise=True,
            registration_id=registration_id,
            role=Role.VICTIM,
            place=RegistrationPlace.SCENE,
            registered_at=AT,
            language="da",
            age_band=age_band,
            channels=(),
            identity=key.seal(personal.IDENTITY, identity) if cprs else None,
            contact=key.seal(personal.CONTACT, contact),
        )

    async def ask(self, method: str, path: str, *, by: str = "anna", **how: Any) -> httpx.Response:
        return await self.http.request(method, path, headers={"X-Actor": by}, **how)

    async def answer(self, method: str, path: str, **how: Any) -> Any:
        response = await self.ask(method, path, **how)
        assert response.is_success, response.text
        return response.json()

    async def triage(self, incident: UUID) -> dict[UUID, tuple[str, str]]:
        """Give queue and reason of each person in the queue."""
        found = await self.answer("GET", f"/incidents/{incident}/triage")
        return {UUID(row["registration_id"]): (row["queue"], row["reason"]) for row in found}

    async def buckets(self, incident: UUID) -> dict[str, int]:
        """Give the buckets that are not empty, having added them up."""
        found = await self.answer("GET", f"/incidents/{incident}/buckets")
        assert sum(found["buckets"].values()) == found["total"]
        return {name: people for name, people in found["buckets"].items() if people}


def incident_id() -> IncidentId:
    return IncidentId(new_id())


def forgotten(person: PersonRegistered) -> PersonForgotten:
    return PersonForgotten(
        incident_id=person.incident_id,
        exercise=person.exercise,
        registration_id=person.registration_id,
        forgotten_at=AT,
    )


def moved_to_another(person: PersonRegistered, other: PersonRegistered) -> PersonRegistered:
    """Give the person another's sealed contact: it opens with no key of theirs."""
    return person.model_copy(update={"contact": Sealed(other.contact)})
