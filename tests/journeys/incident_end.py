"""Incidents at the end of their retention, and the remaining data of their people."""

import asyncio
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

from aiokafka import AIOKafkaProducer

from contracts.events.registration import PersonRegistered
from deploy.local.driving import Driver
from deploy.local.people import Invented, invent
from deploy.local.stack import KEYRING, Stack
from kit.runtime.ids import new_id
from tests import incidents, poison
from tests.stacks import connected, until

PEOPLE, OTHERS = 5, 3  # of the incident that ends, and of each of the other two
READERS = ("routing", "outreach", "notify", "console")
WITHIN = 90  # seconds for what the services do on their own

_PEOPLE = "select id from registration.registration where incident_id = $1 order by id"
_FORGOTTEN = """
select count(*) from registration.registration r join routing.home_case h on h.registration_id = r.id
    join outreach.person o on o.registration_id = r.id join notify.person n on n.registration_id = r.id
    join console.person c on c.registration_id = r.id
where r.incident_id = $1 and r.key_deleted_at is not null and h.state = 'forgotten'
    and o.forgotten_at is not null and n.forgotten_at is not null and c.forgotten
"""
_CONTACTS = """
select w.plan, c.kind, c.state, c.reason, count(*)
from outreach.contact c join outreach.wave w using (wave_id)
where c.incident_id = $1 group by 1, 2, 3, 4 order by 1, 2, 3, 4
"""


async def registered(stack: Stack, driver: Driver) -> dict[str, list[Invented]]:
    """Register people at three incidents; those of the first have names and streets of their own."""
    reachable = [
        replace(person, phone=person.phone or "+4520100000", consents_to_contact=True, digital_post=True)
        for person in invent(PEOPLE + 2 * OTHERS, seed=44)
    ]
    ending = [replace(one, name="Ejnar Glemmesen", street="Glemmestien") for one in reachable[:PEOPLE]]
    await driver.tell_register([*ending, *reachable[PEOPLE:]])
    found: dict[str, list[Invented]] = {}
    for name, some in (
        ("slutter", ending), ("senere", reachable[PEOPLE:-OTHERS]), ("varer ved", reachable[-OTHERS:]),
    ):  # fmt: skip
        incident = await driver.open_incident(f"Øvelse: {name}")
        await driver.import_people(incident, some)
        found[incident] = some
    lasting = {"long_running": True, "why": "varer måneder"}
    await driver.call("registration", "PATCH", f"/incidents/{incident}", json=lasting)
    for incident, some in found.items():
        await incidents.routed(stack, incident, len(some))
    return found


async def written_to(stack: Stack, people: int) -> None:
    """Wait until that many messages were delivered, and every service knows it."""

    async def met() -> bool:
        async with connected(stack) as connection:
            delivered = await connection.fetchval(
                "select count(*) from notify.message n join outreach.contact o using (contact_id) "
                "join console.contact c using (contact_id) "
                "where n.state = 'delivered' and o.state = 'delivered' and c.state = 'delivered'"
            )
        return bool(delivered == people)

    await until(met, within=WITHIN, what=f"{people} messages delivered")


async def bar(driver: Driver, person: UUID, path: str, **more: str) -> None:
    body = {"why": "klagesag", **more}
    await driver.call("registration", "POST", f"/registrations/{person}/{path}", json=body)


async def closed(stack: Stack, driver: Driver, last_days: Mapping[str, str]) -> None:
    """Close incidents, and decide the last day of each."""
    for incident, day in last_days.items():
        await driver.call("registration", "POST", f"/incidents/{incident}/close")
        code, said = await folgeskab(stack, "incident", "keep-until", incident, day, "--why", "aftalt")
        assert code == 0, said


async def by_hotline(driver: Driver, incident: str, name: str, when: str) -> UUID:
    consent = {
        "wording": "2026-1", "language": "da", "how": "paper_form", "form_number": "H-1", "by": "Vagten",
        "at": when, "purpose": "registration",
    }  # fmt: skip
    answer = await driver.call(
        "registration", "POST", f"/incidents/{incident}/registrations",
        json={"name": name, "role": "relative", "place": "hotline", "consents": [consent]},
        headers={"Idempotency-Key": str(new_id())},
    )  # fmt: skip
    return UUID(answer["registration_id"])


async def everybody(stack: Stack, incident: str) -> list[UUID]:
    async with connected(stack) as connection:
        return [row[0] for row in await connection.fetch(_PEOPLE, UUID(incident))]


async def parked_by_all(stack: Stack, person: UUID) -> None:
    """Send a person's registration once more, as an event that no service knows; wait until it is parked."""
    async with connected(stack) as connection:
        value = await connection.fetchval(
            "select value from registration.outbox where key = $1 and ce_type like '%.PersonRegistered.v1'",
            str(person),
        )
    event = PersonRegistered.model_validate_json(value)
    broken = poison.POISON["unknown type"](poison.record(event, str(new_id()), offset=0))
    async with AIOKafkaProducer(bootstrap_servers=stack.broker.bootstrap) as producer:
        await producer.send_and_wait(broken.topic, broken.value, broken.key, headers=list(broken.headers))

    async def met() -> bool:
        async with connected(stack) as connection:
            tables = [f"select count(*) from {service}.parked" for service in READERS]
            return all([await connection.fetchval(table) for table in tables])

    await until(met, within=WITHIN, what="the message is parked by every service that reads it")


async def forgotten(stack: Stack, incident: str, people: int) -> None:
    async def met() -> bool:
        async with connected(stack) as connection:
            return bool(await connection.fetchval(_FORGOTTEN, UUID(incident)) == people)

    await until(met, within=WITHIN, what=f"{people} people forgotten, and every service told")


async def asked_while_notify_is_away(stack: Stack, driver: Driver, incident: str) -> None:
    """Launch a second wave: its calls are listed at once, and its messages wait for notify."""
    await stack.services["notify"].stop()
    await driver.approve_and_launch(await driver.preview(incident, "exercise", repeat=True))

    async def met() -> bool:
        states = {(row[1], row[2]): row[4] for row in await contacts(stack, incident) if row[0] == "exercise"}
        return states == {("message", "requested"): OTHERS, ("call", "listed"): OTHERS}

    await until(met, within=WITHIN, what="every message is asked for, and every call is listed")


async def contacts(stack: Stack, incident: str) -> list[tuple[Any, ...]]:
    """Count them by plan, kind, state and reason."""
    async with connected(stack) as connection:
        return [tuple(row) for row in await connection.fetch(_CONTACTS, UUID(incident))]


async def offers(stack: Stack, incident: str) -> set[tuple[str, str | None]]:
    """Return how the handovers of an incident stand, and why those were called off that were."""
    async with connected(stack) as connection:
        rows = await connection.fetch(
            "select distinct state, call_off from routing.handover where incident_id = $1", UUID(incident)
        )
    return {(row[0], row[1]) for row in rows}


async def none_offered(stack: Stack, incident: str) -> None:
    async def met() -> bool:
        return "offered" not in {state for state, _ in await offers(stack, incident)}

    await until(met, within=WITHIN, what="no handover is offered any more")


async def standing(driver: Driver, incident: str) -> dict[str, Any]:
    told = await driver.call("registration", "GET", f"/incidents/{incident}/retention")
    return {name: told[name] for name in ("keep_until", "state", "forgotten", "left", "restricted")}


async def figures(driver: Driver, incident: str) -> dict[str, Any]:
    """Return what is counted of an incident's people and of what was sent to them."""
    funnel = await driver.funnel(incident)
    assert sum(funnel["buckets"].values()) == funnel["registered"]
    return {
        name: funnel[name] for name in ("registered", "routed", "handed_over", "delivered", "per_channel")
    }


async def sent(driver: Driver) -> int:
    entries = [one for name in ("digital_post", "sms", "smtp") for one in await driver.journal(name)]
    return sum(bool(one.get("effect")) for one in entries)


async def folgeskab(stack: Stack, *words: str) -> tuple[int | None, str]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "cli.main", *words,
        cwd=stack.source, env=stack.env_for("cli") | {"COLUMNS": "200"},
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip
    async with asyncio.timeout(60):
        said, _ = await process.communicate()
    return process.returncode, " ".join(said.decode().split())


async def keys_of(stack: Stack, people: Sequence[UUID]) -> int:
    async with connected(stack, KEYRING) as connection:
        return int(
            await connection.fetchval(
                "select count(*) from data_key where registration_id = any($1::uuid[])", people
            )
        )
