"""One person registered twice: found by likeness, and decided by two people."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from contracts.events.registration import PersonMerged
from tests.conftest import Databases
from tests.deliveries import sent
from tests.integration.registration.api_client import RegistrationOffice, opened
from tests.integration.registration.pairs import (
    FIRST,
    HERE,
    SECOND,
    THERE,
    events,
    found,
    merged,
    person,
    step,
)


@pytest.fixture(scope="module")
async def office(databases: Databases) -> AsyncIterator[RegistrationOffice]:
    async with opened(databases) as made:
        yield made


async def test_a_typo_or_one_telephone_is_proposed_and_strangers_are_not(office: RegistrationOffice) -> None:
    incident = await office.open_incident()
    here = await person(office, incident, **HERE, birth_date="1948-12-25")
    there = await person(office, incident, **THERE)
    partner = await person(office, incident, name="Jens Ny", phone="+4520123456", identifiers=[])
    await person(office, incident, name="Anna Ny", phone=None, identifiers=[], birth_date="1948-12-25")
    elsewhere = await office.open_incident()
    await person(office, elsewhere, **HERE, birth_date="1948-12-25")

    pairs = await found(office, incident)

    assert [({pair["one"], pair["other"]}, pair["reasons"]) for pair in pairs] == [
        ({here, there}, ["alike_name", "same_birth_date"]),
        ({here, partner}, ["same_phone", "other_name"]),
    ]
    assert await found(office, elsewhere) == []


BORN = "1948-04-12"
NEARLY = {
    "a typo in both name and birth date": ({"name": "Kirsten Hoolm", "birth_date": "1948-04-21"}, {}),
    "a typo in the name and another year": ({"name": "Kirstem Holm", "birth_date": "1949-04-12"}, {}),
    "a typo in the name and another month": ({"name": "Kirsten Hom", "birth_date": "1948-05-12"}, {}),
    "day and month swapped": ({"birth_date": "1948-12-04"}, {}),
    "day and month swapped and a typo in the name": ({"name": "Kirstn Holm", "birth_date": "1948-12-04"}, {}),
    "one name at one street": ({"birth_date": None}, {"addresses": [{"line": "Nørregade 12, 2. th"}]}),
    "one name with other apostrophes": ({"name": "O\u2019Brien, Kit"}, {"name": "Kit O'Brien"}),
}


@pytest.mark.parametrize(("one", "other"), NEARLY.values(), ids=NEARLY)
async def test_nearly_the_same_person_is_proposed(
    office: RegistrationOffice, one: dict[str, Any], other: dict[str, Any]
) -> None:
    incident = await office.open_incident()
    said = {"name": "Kirsten Holm", "birth_date": BORN, "phone": None, "identifiers": []}
    said["addresses"] = [{"line": "Noerregade 12"}] if "addresses" in other else []
    first = await person(office, incident, **said | other)
    await found(office, incident)

    second = await person(office, incident, **said | one)

    assert [{pair["one"], pair["other"]} for pair in await found(office, incident)] == [{first, second}]


async def test_a_corrected_person_is_compared_again(office: RegistrationOffice) -> None:
    incident = await office.open_incident()
    one = await person(office, incident, **HERE)
    other = await person(office, incident, name="Ukendt kvinde", phone=None, identifiers=[])
    assert await found(office, incident) == []

    await office.http.post(
        f"/registrations/{other}/corrections", json={"phone": "20123456", "why": "kom til sig selv"}
    )

    (pair,) = await found(office, incident)
    assert {pair["one"], pair["other"]} == {one, other}


async def test_a_merge_takes_two_people(office: RegistrationOffice) -> None:
    incident = await office.open_incident()
    await person(office, incident, **HERE)
    there = await person(office, incident, **THERE | {"phone": "20123456"})
    (pair,) = await found(office, incident)

    early = await step(office, pair["id"], "confirm", SECOND)
    await step(office, pair["id"], "suggest", FIRST)
    alone = await step(office, pair["id"], "confirm", {"X-Actor": " hanne hotline "})

    assert (early.status_code, alone.status_code) == (409, 409)
    assert early.json()["errors"][0]["code"] == "not_suggested"
    assert alone.json()["type"] == "urn:folgeskab:own-suggestion"
    assert (await office.counts(incident))["registered"] == 2
    await step(office, pair["id"], "confirm", SECOND)
    assert (await office.counts(incident))["registered"] == 1
    assert len(await events(office, there, PersonMerged)) == 1


async def test_two_who_confirm_at_once_merge_once(office: RegistrationOffice) -> None:
    incident = await office.open_incident()
    one = await person(office, incident, **HERE)
    other = await person(office, incident, **THERE)
    suggested = await office.http.post(
        f"/incidents/{incident}/duplicates", json={"one": one, "other": other, "why": "samme stemme"}
    )
    pair = suggested.json()["id"]

    answers = await asyncio.gather(*(step(office, pair, "confirm", SECOND) for _ in range(4)))

    assert {answer.status_code for answer in answers} == {200}
    assert len(await events(office, other, PersonMerged)) == 1
    steps = (await office.http.get(f"/duplicates/{pair}")).json()["steps"]
    assert [(one["step"], one["by"]) for one in steps] == [
        ("suggested", "Hanne Hotline"), ("merged", "Karl Koordinator"),
    ]  # fmt: skip
    assert steps[0]["why"] == "samme stemme"


async def test_both_are_seen_side_by_side_and_that_is_on_record_for_both(office: RegistrationOffice) -> None:
    incident = await office.open_incident()
    one, other = await person(office, incident, **HERE), await person(office, incident, **THERE)
    pair = await merged(office, incident, one, other)

    answer = (await office.http.get(f"/duplicates/{pair}")).json()

    assert [one["name"] for one in answer["people"]] == [HERE["name"], THERE["name"]]
    async with office.resources.database.transaction() as session:
        seen = [e.key() for e in await sent(session) if e.topic == "audit.v1"]
    assert {one, other} <= set(seen)


async def test_a_dismissed_pair_is_not_proposed_again(office: RegistrationOffice) -> None:
    incident = await office.open_incident()
    await person(office, incident, **HERE)
    other = await person(office, incident, **THERE | {"phone": "20123456"})
    (pair,) = await found(office, incident)

    await step(office, pair["id"], "dismiss", FIRST)
    await office.http.post(f"/registrations/{other}/corrections", json={"email": "k@example.dk", "why": "ny"})

    assert await found(office, incident) == []
    assert [one["id"] for one in await found(office, incident, state="dismissed")] == [pair["id"]]
