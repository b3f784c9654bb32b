"""No data at rest contains a name, number or address in clear; erased people cannot be opened."""

import asyncio
import sys
from collections.abc import AsyncIterator, Iterable
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from uuid import UUID

import pytest

from contracts.events.personal import CONTACT, IDENTITY, NOTE, RECIPIENT, Identity
from deploy.local.driving import Driver, RefusedError
from deploy.local.people import Invented, invent
from deploy.local.stack import KEYRING, SERVICES, Stack
from kit.privacy.keyring import MasterKey
from kit.privacy.sealing import DataKey, Unopenable, open_bytes
from simulators.journal import hashed
from tests import data_at_rest, incidents
from tests.data_at_rest import Resting
from tests.stacks import connected, stack_in

PEOPLE = 60


@dataclass(frozen=True)
class Journey:
    stack: Stack
    driver: Driver
    incident: str
    people: list[Invented]


@pytest.fixture(scope="module")
async def journey(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Journey]:
    """A whole wave, and a call with a note that names the person."""
    people = list(invent(PEOPLE, seed=31))
    async with stack_in(tmp_path_factory.mktemp("sealing")) as stack, Driver(stack) as driver:
        await driver.tell_register(people)
        incident = await driver.open_incident("Øvelse: forseglet")
        await driver.import_people(incident, people)
        await a_wave(stack, driver, incident)
        await a_call(driver, incident, people)
        yield Journey(stack, driver, incident, people)


async def a_wave(stack: Stack, driver: Driver, incident: str, *, repeat: bool = False) -> None:
    await incidents.routed(stack, incident, PEOPLE)
    await driver.approve_and_launch(await driver.preview(incident, repeat=repeat))
    await incidents.settled(stack, incident)


async def a_call(driver: Driver, incident: str, people: Iterable[Invented]) -> None:
    for municipality in {person.municipality for person in people}:
        path = f"/authorities/{municipality}/calls"
        for call in (await driver.call("outreach", "GET", path, params={"incident_id": incident}))["calls"]:
            path = f"/calls/{call['contact_id']}"
            listed = {"authority": municipality}
            claim = await driver.call("outreach", "POST", f"{path}/claim", json=listed)
            told = {"epoch": claim["epoch"], "outcome": "spoke", "note": f"{claim['name']}: {claim['phone']}"}
            await driver.call("outreach", "POST", f"{path}/outcome", json=told)
            return
    raise AssertionError("nobody is on a call list")


async def test_nobody_can_be_read_in_any_table_topic_journal_or_log(journey: Journey) -> None:
    found = await data_at_rest.everything(journey.stack)

    places = {one.where for one in found}
    assert {f"folgeskab {service}.relay_cursor" for service in SERVICES} <= places
    assert {f"{service}.log" for service in SERVICES} <= places
    assert {"cpr.jsonl", "digital_post.jsonl", "sms.jsonl", "smtp.jsonl"} <= places
    assert {"topic registration.v1", "topic outreach.v1", "keyring public.data_key"} <= places
    assert data_at_rest.readable(found, journey.people) == set()


async def test_the_search_finds_a_person_who_was_left_in_clear(journey: Journey) -> None:
    """In a text column, in bytes, in a log, escaped in JSON: each would be a leak, and must be seen."""
    canary = replace(journey.people[0], name="Kanariefugl Ærtesen", cpr="3112585999", phone="+4599999999")
    stack = journey.stack
    async with connected(stack) as connection:
        await connection.execute("create schema canary")
        await connection.execute("create table canary.perch (said text, bytes bytea)")
        try:
            await connection.execute("insert into canary.perch (said) values ($1)", f"ring {canary.phone}")
            in_text = data_at_rest.readable(await data_at_rest.rows(stack), [canary])
            await connection.execute("update canary.perch set said = '', bytes = $1", canary.name.encode())
            in_bytes = data_at_rest.readable(await data_at_rest.rows(stack), [canary])
        finally:
            await connection.execute("drop schema canary cascade")
    with stack["notify"].log.open("r+b") as log:
        length = log.seek(0, 2)
        log.write(b'{"message": "K\\u00e6re Kanariefugl \\u00c6rtesen"}\n')
        log.flush()
        in_log = data_at_rest.readable(data_at_rest.files(stack), [canary])
        log.truncate(length)

    assert in_text == in_bytes == {"folgeskab canary.perch"}
    assert in_log == {"notify.log"}


async def test_after_keys_forget_nothing_of_the_person_opens_and_nobody_contacts_them(
    journey: Journey,
) -> None:
    stack, driver = journey.stack, journey.driver
    keys = await keyring(stack)
    person, gone = await somebody_reached(journey, keys)
    before = [one for one in await sealed(stack) if opens(keys[gone], gone, one.content)]
    others = await effects(driver, journey.people)

    await folgeskab(stack, "keys", "forget", str(gone), "--why", "hun bad om det", "--yes")
    await a_wave(stack, driver, journey.incident, repeat=True)

    left = await keyring(stack)
    assert {one.where for one in before} >= {
        "folgeskab registration.registration", "folgeskab routing.home_case", "folgeskab outreach.person",
        "folgeskab notify.person", "topic registration.v1", "topic routing.v1", "topic outreach.v1",
    }  # fmt: skip
    assert left.keys() == keys.keys() - {gone}
    after = [*before, *await sealed(stack)]
    assert [one.where for one in after for key in left.values() if opens(key, gone, one.content)] == []
    assert await effects(driver, [person]) == 1
    assert await effects(driver, journey.people) > others
    with pytest.raises(RefusedError, match="has been forgotten"):
        await driver.call("registration", "GET", f"/registrations/{gone}")


async def somebody_reached(journey: Journey, keys: dict[UUID, DataKey]) -> tuple[Invented, UUID]:
    """Find one whose message was delivered, and who they are."""
    async with connected(journey.stack) as connection:
        row = await connection.fetchrow(
            "select registration_id, p.contact from notify.message m join notify.person p "
            "using (registration_id) where m.state = 'delivered' and m.channels[m.position] = 'digital_post' "
            "order by 1 limit 1"
        )
        assert row is not None
        identity = await connection.fetchval(
            "select identity from registration.registration where id = $1", row["registration_id"]
        )
    number = keys[row["registration_id"]].open(IDENTITY, identity, Identity).identifiers[0].value
    return next(person for person in journey.people if person.cpr == number), row["registration_id"]


async def keyring(stack: Stack) -> dict[UUID, DataKey]:
    """Open every key there is."""
    async with connected(stack, KEYRING) as connection:
        found = await connection.fetch("select registration_id, wrapped from data_key")
    master = MasterKey.from_file(Path(stack.env_for("registration")["FOLGESKAB_MASTER_KEY_FILE"]))
    return {owner: master.unwrap(owner, wrapped) for owner, wrapped in found}


async def sealed(stack: Stack) -> list[Resting]:
    """Everything in tables and topics that may be sealed."""
    in_json = data_at_rest.sealed_in([*await data_at_rest.rows(stack), *await data_at_rest.records(stack)])
    return [*await data_at_rest.byte_values(stack), *in_json]


def opens(key: DataKey, owner: UUID, content: bytes) -> bool:
    """Return whether the key opens what is sealed for that person, whatever the field set."""
    for field_set in (IDENTITY, CONTACT, RECIPIENT, NOTE):
        with suppress(Unopenable):
            return bool(open_bytes(key._cipher, content, owner.bytes + field_set.encode()))
    return False


async def effects(driver: Driver, people: Iterable[Invented]) -> int:
    recipients = {hashed(value) for p in people for value in (p.cpr, p.phone, p.email) if value}
    entries = [e for name in ("digital_post", "sms", "smtp") for e in await driver.journal(name)]
    return sum(entry["recipient"] in recipients for entry in entries if entry.get("effect"))


async def folgeskab(stack: Stack, *arguments: str) -> None:
    """Run the command line as an operator would."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "cli.main", *arguments, cwd=stack.source, env=stack.env_for("cli")
    )
    assert await process.wait() == 0
