"""Handovers in the test's hand: people with a consent to be passed on, and what has become of them."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from contracts.events.ids import AuthorityId, ConsentId, ContactId, IncidentId, WaveId
from contracts.events.outreach import CallConcluded
from contracts.events.registration import ConsentFact, ConsentWithdrawn, PersonRegistered
from contracts.events.vocabulary import CallOutcome, Purpose
from kit.database.database import Database
from kit.runtime.ids import new_id
from services.routing.register.sf1520 import Sf1520Register, Sf1520Settings
from tests.conftest import Databases
from tests.unit.routing.cases import at
from tests.unit.routing.register_server import Register, running
from tests.unit.routing.running import AT, Routing, incident_id

AARHUS, HERLEV = at("0751", line="Møllestien 7", postcode="8000"), at("0163")
WHY = {"reason": "not_our_resident", "why": "Fraflyttet i 2025"}
HOUR = timedelta(hours=1)


@asynccontextmanager
async def routing_on(
    databases: Databases, database: Database, register: Register | None = None
) -> AsyncIterator[Routing]:
    keys = databases.keyring("registration")
    async with running(register or Register()) as started:
        settings = Sf1520Settings(started.url, attempts=1, breaker_after=1000, time_limit=30)
        async with Sf1520Register(settings) as client:
            yield Routing(database, keys, client)
    await keys.close()


@pytest.fixture(scope="module")
async def routing_database(databases: Databases) -> AsyncIterator[Database]:
    made = Database(await databases.migrate("routing"), name="routing-test")
    yield made
    await made.close()


@pytest.fixture
def register() -> Register:
    return Register()


@pytest.fixture
async def routing(
    databases: Databases, routing_database: Database, register: Register
) -> AsyncIterator[Routing]:
    async with routing_on(databases, routing_database, register) as opened:
        yield opened


def consent(given_at: datetime = AT, *authorities: str, days: int = 365) -> ConsentFact:
    return ConsentFact(
        consent_id=ConsentId(new_id()),
        purpose=Purpose.REGISTRATION,
        channels=(),
        given_at=given_at,
        expires_at=given_at + timedelta(days=days),
        authorities=tuple(AuthorityId(code) for code in authorities),
    )


def of(person: PersonRegistered) -> dict[str, Any]:
    return {
        "incident_id": person.incident_id,
        "exercise": person.exercise,
        "registration_id": person.registration_id,
    }


def withdrawn(person: PersonRegistered, when: datetime = AT + HOUR) -> ConsentWithdrawn:
    return ConsentWithdrawn(**of(person), purpose=Purpose.REGISTRATION, withdrawn_at=when)


def called(person: PersonRegistered, outcome: CallOutcome, municipality: str = "0751") -> CallConcluded:
    return CallConcluded(
        **of(person),
        contact_id=ContactId(new_id()),
        wave_id=WaveId(new_id()),
        municipality=AuthorityId(municipality),
        outcome=outcome,
        concluded_at=AT + HOUR,
    )


async def registered(
    routing: Routing,
    incident: IncidentId | None = None,
    *consents: ConsentFact,
    address: Any = AARHUS,
) -> PersonRegistered:
    """Tell of a person who consented to be passed on, unless other consents are named."""
    person = await routing.person(incident or incident_id(), addresses=[address])
    person = person.model_copy(update={"consents": consents or (consent(),)})
    await routing.tell(person)
    return person


async def resolved(routing: Routing, *consents: ConsentFact, **how: Any) -> PersonRegistered:
    person = await registered(routing, None, *consents, **how)
    await routing.work.round()
    return person


async def handovers(routing: Routing, person: PersonRegistered, query: str = "") -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = await routing.answer(
        "GET", f"/incidents/{person.incident_id}/handovers{query}"
    )
    own = [row for row in rows if row["registration_id"] == str(person.registration_id)]
    return sorted(own, key=lambda row: row["handover_id"] or "~")  # as they were offered


async def states(routing: Routing, person: PersonRegistered) -> list[tuple[str, str]]:
    return [(row["authority"], row["state"]) for row in await handovers(routing, person)]


async def counted(routing: Routing, incident: UUID) -> dict[str, int]:
    """Give the states that are not empty, having added them up."""
    found = await routing.answer("GET", f"/incidents/{incident}/handovers/counts")
    assert sum(found["states"].values()) == found["total"]
    return {name: people for name, people in found["states"].items() if people}


async def told(routing: Routing, person: PersonRegistered) -> list[str]:
    """Give the names of the events of handovers."""
    names = [type(event).__name__ for event in await routing.said_of(person.registration_id)]
    return [name for name in names if not name.startswith(("HomeAuthority", "PersonalDataSeen"))]


async def responsible(routing: Routing, person: PersonRegistered) -> tuple[str, str | None]:
    found = await routing.answer("GET", f"/registrations/{person.registration_id}/responsible")
    return found["who"], found["authority"] or found["name"]


async def answer(routing: Routing, person: PersonRegistered, what: str, **how: Any) -> Any:
    [last] = [row for row in await handovers(routing, person) if row["state"] in {"offered", "accepted"}][-1:]
    return await routing.answer("POST", f"/handovers/{last['handover_id']}/{what}", **how)


async def decide(routing: Routing, person: PersonRegistered, municipality: str) -> None:
    ruling = {"municipality": municipality, "reason": "Talte med søsteren"}
    await routing.answer("POST", f"/triage/{person.registration_id}/resolve", json=ruling)
