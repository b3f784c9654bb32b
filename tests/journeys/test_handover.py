"""From the scene to the home authority through every service: offered, accepted, called, called off."""

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest

from deploy.local.driving import Driver
from deploy.local.people import invent
from deploy.local.stack import Stack
from tests import incidents
from tests.stacks import stack_in, until

PEOPLE = 12
WITHIN = 90  # seconds for what the services do on their own


@pytest.fixture(scope="module")
async def stack(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stack]:
    async with stack_in(tmp_path_factory.mktemp("handover")) as running:
        yield running


@pytest.fixture
async def driver(stack: Stack) -> AsyncIterator[Driver]:
    async with Driver(stack) as made:
        yield made


async def handovers(driver: Driver, incident: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = await driver.call("routing", "GET", f"/incidents/{incident}/handovers")
    return found


async def until_in(driver: Driver, incident: str, handover: str, state: str) -> dict[str, Any]:
    async def met() -> dict[str, Any] | None:
        found = {row["handover_id"]: row for row in await handovers(driver, incident)}
        return found[handover] if found[handover]["state"] == state else None

    return await until(met, within=WITHIN, what=f"the handover is {state}")


async def responsible(driver: Driver, row: dict[str, Any]) -> str:
    path = f"/registrations/{row['registration_id']}/responsible"
    return str((await driver.call("routing", "GET", path))["who"])


async def test_every_registered_person_has_an_owner_until_the_home_authority_has_called(
    stack: Stack, driver: Driver
) -> None:
    people = [
        replace(person, phone=person.phone or "+4520100000", consents_to_contact=True)
        for person in invent(PEOPLE, seed=43)
    ]
    await driver.tell_register(people)
    incident = await driver.open_incident("Øvelse: overdragelse")
    await driver.import_people(incident, people)
    await incidents.routed(stack, incident, PEOPLE)
    called, withdrawn, forgotten, *others = await handovers(driver, incident)
    counts = await driver.call("routing", "GET", f"/incidents/{incident}/handovers/counts")

    await driver.call("routing", "POST", f"/handovers/{called['handover_id']}/accept", actor="Kira")
    await driver.approve_and_launch(await driver.preview(incident))
    await _spoke(driver, incident, called)
    registration = f"/registrations/{withdrawn['registration_id']}"
    said = {"purpose": "registration", "how": "hotline"}
    await driver.call("registration", "POST", f"{registration}/withdrawals", json=said)
    path = f"/registrations/{forgotten['registration_id']}/forget"
    await driver.call("registration", "POST", path, json={"why": "Bad om det"})

    reached = await until_in(driver, incident, called["handover_id"], "contacted")
    ended = await until_in(driver, incident, withdrawn["handover_id"], "called_off")
    gone = await until_in(driver, incident, forgotten["handover_id"], "called_off")
    assert (counts["total"], counts["states"]["offered"]) == (PEOPLE, PEOPLE)
    assert reached["first_contact_at"] is not None
    assert (ended["call_off"], gone["call_off"]) == ("consent_ended", "forgotten")
    assert [await responsible(driver, row) for row in (called, withdrawn, forgotten, others[0])] == [
        "authority", "event_authority", "nobody", "event_authority",
    ]  # fmt: skip
    after = await driver.call("routing", "GET", f"/incidents/{incident}/handovers/counts")
    assert after["total"] == PEOPLE
    assert after["states"]["not_passed_on"] == after["states"]["forgotten"] == 1


async def _spoke(driver: Driver, incident: str, handover: dict[str, Any]) -> None:
    """Call the person, as the crisis team of the municipality does."""
    authority = handover["authority"]
    path = f"/authorities/{authority}/calls?incident_id={incident}"

    async def met() -> str | None:
        listed = (await driver.call("outreach", "GET", path))["calls"]
        own = [call for call in listed if call["registration_id"] == handover["registration_id"]]
        return str(own[0]["contact_id"]) if own else None

    contact = await until(met, within=WITHIN, what="the call is on the list")
    listed = {"authority": authority}
    claim = await driver.call("outreach", "POST", f"/calls/{contact}/claim", actor="Kira", json=listed)
    told = {"epoch": claim["epoch"], "outcome": "spoke"}
    await driver.call("outreach", "POST", f"/calls/{contact}/outcome", actor="Kira", json=told)
