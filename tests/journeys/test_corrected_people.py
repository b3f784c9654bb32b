"""Between approval and launch of a wave, people are merged, restricted, or get another number."""

from collections import Counter
from collections.abc import AsyncIterator
from typing import Any

import pytest

from deploy.local.driving import APPROVER, AUTHOR, Driver, RefusedError
from deploy.local.stack import Stack
from kit.runtime.ids import new_id
from simulators.journal import hashed
from tests.stacks import stack_in, until

LIVE = 90  # seconds for what the services do on their own
KARLA, BENNO, WRONG, RIGHT = "+4520111101", "+4520111102", "+4520111103", "+4520111104"


@pytest.fixture(scope="module")
async def stack(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stack]:
    async with stack_in(tmp_path_factory.mktemp("journey")) as running:
        yield running


@pytest.fixture
async def driver(stack: Stack) -> AsyncIterator[Driver]:
    async with Driver(stack) as made:
        yield made


async def registered(driver: Driver, incident: str, name: str, phone: str, place: str = "epc") -> str:
    consent = {
        "wording": "2026-1", "language": "da", "how": "paper_form", "form_number": "F-1",
        "by": "Registrator 1", "at": "2026-11-24T12:00:00+01:00",
    }  # fmt: skip
    body = {
        "name": name, "phone": phone, "role": "witness", "place": place, "birth_date": "1980-01-02",
        "addresses": [{"line": "Prøvegade 1", "postcode": "8000", "city": "Aarhus C"}],
        "consents": [
            consent | {"purpose": "registration"},
            consent | {"purpose": "contact", "channels": ["sms", "call"]},
        ],
    }  # fmt: skip
    answer = await driver.call(
        "registration", "POST", f"/incidents/{incident}/registrations", json=body,
        headers={"Idempotency-Key": str(new_id())},
    )  # fmt: skip
    return str(answer["registration_id"])


async def previewed(driver: Driver, incident: str) -> dict[str, Any]:
    """See whom outreach would reach at this moment, by another wave that is never launched."""
    figures = (await driver.preview(incident)).figures
    return {"planned": figures["planned"], "excluded": figures["excluded"]}


async def until_previewed(driver: Driver, incident: str, wanted: dict[str, Any]) -> None:
    async def met() -> bool:
        try:
            return await previewed(driver, incident) == wanted
        except RefusedError as error:
            if "unknown-incident" not in str(error):  # outreach has not heard of it yet
                raise
            return False

    await until(met, within=LIVE, what=f"a preview of {wanted}")


async def until_notify_knows_more(driver: Driver, registration_id: str, than: int = 0) -> int:
    """Wait until notify has a newer state of a person than the given revision. Return its revision."""

    async def met() -> int:
        told = await driver.call("notify", "GET", f"/registrations/{registration_id}/subject-data")
        revision = max((int(row["revision"]) for row in told["tables"].get("person", [])), default=0)
        return revision if revision > than else 0

    return await until(met, within=LIVE, what="notify knows more about the person")


async def merged_by_two_people(driver: Driver, incident: str) -> None:
    async def found() -> str | None:
        pairs = await driver.call("registration", "GET", f"/incidents/{incident}/duplicates")
        return next((pair["id"] for pair in pairs if "same_phone" in pair["reasons"]), None)

    pair = await until(found, within=LIVE, what="the two are proposed to be one")
    for step, who in (("suggest", AUTHOR), ("confirm", APPROVER)):
        await driver.call(
            "registration", "POST", f"/duplicates/{pair}/{step}", actor=who, json={"why": "samme telefon"}
        )


async def texted(driver: Driver) -> Counter[str]:
    entries = await driver.journal("sms")
    return Counter(entry["recipient"] for entry in entries if entry.get("effect"))


async def test_duplicates_are_contacted_once_restricted_people_never_and_all_at_the_right_number(
    driver: Driver,
) -> None:
    incident = await driver.open_incident("Øvelse: rettelser")
    await registered(driver, incident, "Karla Prøvesen", KARLA)
    await registered(driver, incident, "Carla Prøvesen", KARLA, place="hotline")
    benno = await registered(driver, incident, "Benno Øvelund", BENNO)
    mads = await registered(driver, incident, "Mads Opdigt", WRONG)
    await until_previewed(driver, incident, {"planned": 4, "excluded": {}})
    wave = await driver.preview(incident)

    registered_as = await until_notify_knows_more(driver, mads)
    await merged_by_two_people(driver, incident)
    await driver.call(
        "registration", "POST", f"/registrations/{benno}/contact-restrictions",
        json={"reason": "do_not_contact", "why": "bad om ro"},
    )  # fmt: skip
    await driver.call(
        "registration",
        "POST",
        f"/registrations/{mads}/corrections",
        json={"phone": RIGHT, "why": "tastefejl"},
    )
    await until_previewed(driver, incident, {"planned": 2, "excluded": {"do_not_contact": 1, "merged": 1}})
    await until_notify_knows_more(driver, mads, than=registered_as)
    await driver.approve_and_launch(wave)

    async def settled() -> dict[str, Any] | None:
        buckets = (await driver.funnel(incident))["buckets"]
        return buckets if buckets["delivered"] == 2 else None

    buckets = await until(settled, within=LIVE, what="two messages are delivered")
    assert await texted(driver) == {hashed(KARLA): 1, hashed(RIGHT): 1}
    assert buckets is not None
    assert {name: people for name, people in buckets.items() if people} == {
        "delivered": 2, "merged": 1, "barred": 1,
    }  # fmt: skip
