"""A citizen's rights on the whole system: subject access and proven erasure."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from deploy.local.driving import Driver
from deploy.local.people import Invented, invent
from deploy.local.stack import Stack
from tests import incidents
from tests.stacks import connected, stack_in

PEOPLE = 6


@dataclass(frozen=True)
class Journey:
    stack: Stack
    driver: Driver
    incident: str
    people: list[Invented]


@pytest.fixture(scope="module")
async def journey(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Journey]:
    """Everybody is registered, routed and written to; one is called as well."""
    people = [person for person in invent(80, seed=41) if person.consents_to_contact][:PEOPLE]
    async with stack_in(tmp_path_factory.mktemp("rights")) as stack, Driver(stack) as driver:
        await driver.tell_register(people)
        incident = await driver.open_incident("Øvelse: rettigheder")
        await driver.import_people(incident, people)
        await incidents.routed(stack, incident, PEOPLE)
        await driver.approve_and_launch(await driver.preview(incident))
        await incidents.settled(stack, incident)
        yield Journey(stack, driver, incident, people)


async def reached(stack: Stack) -> list[str]:
    """Return those whose message was delivered and who stand on a call list."""
    async with connected(stack) as connection:
        rows = await connection.fetch(
            "select m.registration_id from notify.message m join outreach.contact c using (registration_id) "
            "where m.state = 'delivered' and c.state = 'listed' order by 1"
        )
    return [str(row[0]) for row in rows]


async def call_with_note(journey: Journey, person: str, note: str = "talte med {name}") -> None:
    async with connected(journey.stack) as connection:
        contact, authority = await connection.fetchrow(
            "select contact_id, authority from outreach.contact "
            "where registration_id = $1 and state = 'listed'",
            UUID(person),
        )
    path = f"/calls/{contact}"
    listed = {"authority": authority}
    claim = await journey.driver.call("outreach", "POST", f"{path}/claim", json=listed)
    told = {"epoch": claim["epoch"], "outcome": "spoke", "note": note.format(name=claim["name"])}
    await journey.driver.call("outreach", "POST", f"{path}/outcome", json=told)


async def folgeskab(stack: Stack, *arguments: str, typed: str = "") -> tuple[int, str]:
    """Run the command line as an operator would; give its exit code and what it said."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "cli.main", *arguments, cwd=stack.source,
        env=stack.env_for("cli") | {"COLUMNS": "200"},
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    said, _ = await process.communicate(typed.encode())
    return process.returncode or 0, said.decode()


async def held(driver: Driver, service: str, person: str) -> dict[str, Any]:
    path = f"/registrations/{person}/subject-data"
    return dict(await driver.call(service, "GET", path, params={"purpose": "proof"}))


async def test_a_citizen_is_given_everything_and_nobody_else_s(journey: Journey, tmp_path: Path) -> None:
    stack = journey.stack
    person = (await reached(stack))[0]
    await folgeskab(stack, "person", "show", person)

    code, said = await folgeskab(stack, "person", "export", person, "--to", str(tmp_path))

    assert code == 0, said
    told = json.loads((tmp_path / f"{person}.json").read_text())
    assert (tmp_path / f"{person}.pdf").read_bytes().startswith(b"%PDF")
    assert {(tmp_path / f"{person}.{kind}").stat().st_mode & 0o777 for kind in ("json", "pdf")} == {0o600}
    registered = told["held by"]["registration"]["registration"][0]
    citizen = next(p for p in journey.people if p.name == registered["contact"]["name"])
    assert registered["identity"]["identifiers"][0]["value"] == citizen.cpr
    assert told["held by"]["routing"]["decision"][0]["municipality"] == citizen.municipality
    assert {row["state"] for row in told["held by"]["notify"]["message"]} == {"delivered"}
    assert {"outreach", "notify"} <= told["held by"].keys()
    assert {entry.get("purpose") for entry in told["access log"]} >= {"registration"}
    assert not any(p.cpr in str(told) for p in journey.people if p is not citizen)


async def test_an_operator_finds_a_person_and_restricts_them_and_keeps_an_open_incident(
    journey: Journey,
) -> None:
    stack, citizen = journey.stack, journey.people[0]
    look = ("person", "search", journey.incident, "--by", "cpr", "--purpose", "rights")
    found = await folgeskab(stack, *look, typed=f"{citizen.cpr}\n")
    person = next(word for word in found[1].split() if word.count("-") == 4)

    restricted = await folgeskab(stack, "person", "restrict", person, "--why", "klagesag")
    unrestricted = await folgeskab(stack, "person", "unrestrict", person, "--why", "afgjort")
    still_open = await folgeskab(
        stack, "incident", "keep-until", journey.incident, "2099-12-31", "--why", "aftalt"
    )

    assert (found[0], restricted[0], unrestricted[0]) == (0, 0, 0)
    assert citizen.name in found[1]
    told = await journey.driver.call("registration", "GET", f"/registrations/{person}/contact-restrictions")
    assert [(one["reason"], one["lifted_at"] is not None) for one in told] == [("restricted", True)]
    assert still_open[0] == 1
    assert "close it first" in still_open[1]


async def test_the_proof_fails_before_forgetting_and_holds_after_it(journey: Journey) -> None:
    stack, driver = journey.stack, journey.driver
    person, other = (await reached(stack))[:2]
    await call_with_note(journey, person)
    name = (await driver.call("registration", "GET", f"/registrations/{person}"))["name"]
    await call_with_note(journey, other, note=f"bor hos {name}")
    link = {"kind": "family", "to": other}
    await driver.call("registration", "POST", f"/registrations/{person}/links", json=link)
    corrected = {"note": f"søster til {name}", "why": "fortalt i telefonen"}
    await driver.call("registration", "POST", f"/registrations/{other}/corrections", json=corrected)
    services = ("registration", "routing", "outreach", "notify")
    before = {service: await held(driver, service, person) for service in services}

    early = await folgeskab(stack, "person", "forget-proof", person)
    forgotten = await folgeskab(stack, "person", "forget", person, "--why", "bad om det", "--yes")
    late = await folgeskab(stack, "person", "forget-proof", person, "--search", typed=f"{name}\n")
    others = await folgeskab(stack, "person", "forget-proof", other)

    assert all(one["opens"] == one["sealed"] > 0 for one in before.values()), before
    assert "talte med" in str(before["outreach"]["tables"]["call_attempt"])
    assert early[0] == 1
    for place in (*services, "keyring: keys", "topic registration.v1", "topic routing.v1", "blind index"):
        assert place in early[1].split("It can still be read")[1].replace("\n", " ")
    assert forgotten[0] == 0, forgotten[1]
    assert late[0] == 0, late[1]
    assert "Proved" in late[1]
    assert "parked in notify" in late[1]
    assert f"{PEOPLE - 1} of {PEOPLE - 1} registrations of other people" in late[1]
    (stays,) = [line for line in late[1].splitlines() if other in line and "mentions them in" in line]
    assert "note; was registered as their relative" in stays
    (found,) = [line for line in late[1].splitlines() if f"{other}: found in" in line]
    assert "outreach: call_attempt" in found
    assert "registration: registration" in found
    assert "Not searched: backups" in late[1]
    assert others[0] == 1
