"""From a registration to a delivered contact, through every service and over every wire."""

from collections import Counter
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from deploy.local.driving import Driver, RefusedError
from deploy.local.people import Invented, invent
from deploy.local.stack import SERVICES, Stack
from simulators.journal import hashed
from tests import incidents
from tests.stacks import connected, stack_in, until

PEOPLE = 200
LIVE = 90  # seconds for what the services do on their own
OPEN = ("routing", "planned", "handed_over", "in_doubt")


@pytest.fixture(scope="module")
async def stack(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stack]:
    async with stack_in(tmp_path_factory.mktemp("journey")) as running:
        yield running


@pytest.fixture
async def driver(stack: Stack) -> AsyncIterator[Driver]:
    async with Driver(stack) as made:
        yield made


def as_body(person: Invented) -> dict[str, Any]:
    """What a hotline operator's program sends."""
    channels = ["digital_post", "sms", "email"] if person.consents_to_contact else []
    consent = {
        "wording": "2026-1", "language": "da", "how": "oral_witnessed", "by": "Hanne Hotline",
        "witness": "Vagthavende", "at": "2026-11-24T12:00:00+01:00",
    }  # fmt: skip
    consents = [{**consent, "purpose": "registration"}]
    if person.consents_to_contact:
        consents.append({**consent, "purpose": "contact", "channels": channels})
    return {
        "name": person.name, "role": person.role, "place": "hotline", "language": person.language,
        "identifiers": [{"value": person.cpr}], "phone": person.phone, "email": person.email,
        "addresses": [{
            "line": f"{person.street} {person.house_number}",
            "postcode": person.postcode, "city": person.city,
        }],
        "consents": consents,
    }  # fmt: skip


async def effects(driver: Driver) -> Counter[str]:
    """Count the effects in the simulators' journals by recipient."""
    found: Counter[str] = Counter()
    for simulator in ("digital_post", "sms", "smtp"):
        found.update(entry["recipient"] for entry in await driver.journal(simulator) if entry.get("effect"))
    return found


def addresses(person: Invented) -> set[str]:
    return {hashed(value) for value in (person.cpr, person.phone, person.email) if value}


async def settled(driver: Driver, incident_id: str) -> dict[str, Any]:
    async def met() -> dict[str, Any] | None:
        funnel = await driver.funnel(incident_id)
        done = funnel["planned"] and not any(funnel["buckets"].get(name) for name in OPEN)
        return funnel if done else None

    await incidents.settled(driver.stack, incident_id, within=LIVE)
    try:
        found = await until(met, within=LIVE, what="every message has come to an end")
    except TimeoutError as error:
        error.add_note(f"The funnel is {await driver.funnel(incident_id)}")
        raise
    assert found is not None
    return found


async def traces(driver: Driver, registration_id: str) -> dict[str, set[str]]:
    """Return the traces in which each service has said something of a person."""
    found: dict[str, set[str]] = {}
    async with connected(driver.stack) as connection:
        for service in ("registration", "routing", "outreach", "notify"):
            rows = await connection.fetch(
                f"select traceparent from {service}.outbox where key = $1", registration_id
            )
            found[service] = {row["traceparent"].split("-")[1] for row in rows}
    return found


async def test_one_citizen_told_to_the_hotline_gets_one_letter_and_it_is_seen_to_arrive(
    driver: Driver,
) -> None:
    person = next(p for p in invent(50, seed=7) if p.consents_to_contact and p.digital_post)
    await driver.tell_register([person])
    incident = await driver.open_incident("Øvelse: én borger")
    answer = await driver.call(
        "registration", "POST", f"/incidents/{incident}/registrations",
        json=as_body(person), headers={"Idempotency-Key": "form 1"},
    )  # fmt: skip
    await incidents.routed(driver.stack, incident, 1)

    await driver.approve_and_launch(await driver.preview(incident))
    funnel = await settled(driver, incident)

    assert (funnel["registered"], funnel["delivered"]) == (1, 1)
    assert (await effects(driver))[hashed(person.cpr)] == 1
    decisions = await driver.call("routing", "GET", f"/registrations/{answer['registration_id']}/decisions")
    assert [decision["municipality"] for decision in decisions] == [person.municipality]
    assert await traces(driver, answer["registration_id"]) == {
        service: {answer["registration_id"].replace("-", "")}
        for service in ("registration", "routing", "outreach", "notify")
    }


async def test_two_hundred_people_from_a_file_and_by_api_all_come_to_one_end_and_every_count_agrees(
    driver: Driver,
) -> None:
    people = list(invent(PEOPLE, seed=11))
    from_file, by_api = people[:-5], people[-5:]
    await driver.tell_register(people)
    incident = await driver.open_incident("Øvelse: to hundrede")
    before = await effects(driver)

    report = await driver.import_people(incident, from_file)
    again = await driver.import_people(incident, from_file)
    for number, person in enumerate(by_api):
        await driver.call(
            "registration", "POST", f"/incidents/{incident}/registrations",
            json=as_body(person), headers={"Idempotency-Key": f"form {number}"},
        )  # fmt: skip
    await incidents.routed(driver.stack, incident, PEOPLE)
    await driver.approve_and_launch(await driver.preview(incident))
    funnel = await settled(driver, incident)

    consenting = [person for person in people if person.consents_to_contact]
    assert (report["registered"], report["bad"]) == (len(from_file), [])
    assert (again["registered"], again["already_there"]) == (0, len(from_file))
    await every_service_counts_the_same(driver, incident, funnel, len(consenting))
    sent = await effects(driver) - before
    reached = Counter(sum(sent[one] for one in addresses(person)) for person in consenting)
    assert reached.keys() <= {0, 1}
    assert reached[1] == funnel["delivered"] >= len(consenting) * 0.9
    assert sum(sent.values()) == funnel["delivered"]
    assert not any(sent[one] for p in people if not p.consents_to_contact for one in addresses(p))


async def every_service_counts_the_same(
    driver: Driver, incident: str, funnel: dict[str, Any], consenting: int
) -> None:
    async def ask(service: str, path: str) -> dict[str, Any]:
        return dict(await driver.call(service, "GET", f"/incidents/{incident}/{path}"))

    registration, routing = await ask("registration", "counts"), await ask("routing", "buckets")
    outreach, notify = await ask("outreach", "buckets"), await ask("notify", "buckets")
    messages = Counter[str]()
    for bucket in outreach["buckets"]:
        if bucket["kind"] == "message":
            messages[bucket["bucket"]] += bucket["contacts"]

    assert registration["registered"] == PEOPLE
    assert registration["with_contact_consent"] == consenting
    assert routing["total"] == sum(routing["buckets"].values()) == PEOPLE
    assert outreach["total"] == sum(bucket["contacts"] for bucket in outreach["buckets"])
    assert notify["total"] == sum(notify["buckets"].values())
    assert dict(messages) == {name: n for name, n in notify["buckets"].items() if n}
    assert funnel["registered"] == sum(funnel["buckets"].values()) == PEOPLE
    assert funnel["buckets"]["no_consent"] == PEOPLE - consenting
    assert funnel["delivered"] == notify["buckets"]["delivered"]


@pytest.mark.parametrize("service", SERVICES)
async def test_each_service_serves_its_asyncapi_document(stack: Stack, service: str) -> None:
    async with httpx.AsyncClient() as client:
        document = (await client.get(f"{stack.url(service)}/asyncapi.json")).json()

    assert document["asyncapi"].startswith("3.")
    assert document["channels"]


async def test_a_wave_is_refused_to_its_author_and_nothing_is_sent(driver: Driver) -> None:
    incident = await driver.open_incident("Øvelse: eget arbejde")
    people = list(invent(3, seed=23))
    await driver.tell_register(people)
    await driver.import_people(incident, people)
    await incidents.routed(driver.stack, incident, 3)
    wave = await driver.preview(incident)
    before = await effects(driver)

    with pytest.raises(RefusedError, match="A second person must approve"):
        await driver.call(
            "outreach", "POST", f"/waves/{wave.wave_id}/approve", json={"frozen_hash": wave.frozen_hash}
        )

    assert await effects(driver) == before
