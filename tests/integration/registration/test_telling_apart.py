"""A wrong merge undone: what was corrected meanwhile goes to whom it was said of."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from contracts.events.registration import PersonCorrected
from tests.conftest import Databases
from tests.integration.registration.api_client import CPR, RegistrationOffice, opened
from tests.integration.registration.pairs import (
    FIRST,
    HERE,
    SECOND,
    THERE,
    events,
    merged,
    person,
    shown,
    step,
)

NEW_CPR = "0101585018"


@pytest.fixture(scope="module")
async def office(databases: Databases) -> AsyncIterator[RegistrationOffice]:
    async with opened(databases) as made:
        yield made


async def said(office: RegistrationOffice, of: str, **fields: Any) -> None:
    answer = await office.http.post(f"/registrations/{of}/corrections", json={**fields, "why": "sagde det"})
    assert answer.status_code == 200, answer.text


async def searched(office: RegistrationOffice, incident: str, by: str, value: str) -> list[str]:
    body = {"incident_id": incident, "by": by, "value": value, "purpose": "hotline"}
    found = (await office.http.post("/searches", json=body)).json()["found"]
    return [one["registration_id"] for one in found]


def but(person: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in person.items() if name not in names}


async def test_what_was_said_of_the_one_that_goes_is_theirs_and_the_one_that_stays_has_its_own_back(
    office: RegistrationOffice,
) -> None:
    incident = await office.open_incident()
    one = await person(office, incident, **HERE | {"phone": "20207777"})
    other = await person(office, incident, **THERE | {"phone": "20207776"})
    before = [await shown(office, who) for who in (one, other)]
    pair = await merged(office, incident, one, other)
    new: dict[str, Any] = {
        "name": "Kirsten Vang", "phone": "20205555", "email": "v@example.dk", "language": "en",
        "role": "relative", "circumstances": "stod ved spor 3", "preferred_channel": "email",
        "preferred_time": "evening",
        "addresses": [{"line": "Vej 1", "postcode": "8000", "municipality": "0751"}],
    }  # fmt: skip
    await said(office, other, **new)

    undone = await step(office, pair, "undo", FIRST)

    assert undone.json()["check"] == []
    after = [await shown(office, who) for who in (one, other)]
    assert after[0] == before[0]
    assert but(after[1], *new, "channels") == but(before[1], *new, "channels")
    assert {name: after[1][name] for name in new} | {"addresses": None} == new | {
        "phone": "+4520205555", "addresses": None,
    }  # fmt: skip
    assert after[1]["addresses"][0]["line"] == "Vej 1"
    assert await searched(office, incident, "phone", "20205555") == [other]
    assert await searched(office, incident, "phone", "20207777") == [one]
    assert len(await events(office, other, PersonCorrected)) == 1


async def test_a_new_number_of_the_one_that_goes_is_claimed_by_them_and_the_old_one_is_free(
    office: RegistrationOffice,
) -> None:
    incident = await office.open_incident()
    one, other = await person(office, incident, **HERE), await person(office, incident, **THERE)
    pair = await merged(office, incident, one, other)
    await said(office, other, identifiers=[{"value": NEW_CPR}])

    assert (await step(office, pair, "undo", FIRST)).status_code == 200

    held = [await shown(office, who) for who in (one, other)]
    assert [[n["value"] for n in who["identifiers"]] for who in held] == [[], [NEW_CPR]]
    assert [who["birth_date"] for who in held] == [None, "1858-01-01"]
    again = await office.register(incident, **THERE | {"identifiers": [{"value": NEW_CPR}]})
    assert again.json()["registration_id"] == other
    assert (await office.register(incident, **THERE)).status_code == 201, "nobody has the old number"


async def test_what_was_said_of_the_one_that_stays_stays_and_both_are_to_be_asked(
    office: RegistrationOffice,
) -> None:
    incident = await office.open_incident()
    one = await person(office, incident, **HERE | {"phone": "20207777"})
    other = await person(office, incident, **THERE | {"phone": "20207776"})
    pair = await merged(office, incident, one, other)
    await said(office, other, phone="20205555", email="o@example.dk")
    await said(office, one, phone="20206666", language="en")

    undone = await step(office, pair, "undo", FIRST)
    again = await step(office, pair, "undo", FIRST)

    held = [await shown(office, who) for who in (one, other)]
    assert [(who["phone"], who["email"], who["language"]) for who in held] == [
        ("+4520206666", None, "en"), ("+4520205555", "o@example.dk", "da"),
    ]  # fmt: skip
    check = [{"registration_id": who, "fields": ["language", "phone"]} for who in (one, other)]
    assert undone.json()["check"] == again.json()["check"] == check


async def test_in_a_chain_each_merge_that_is_undone_gives_back_what_was_said_of_its_own(
    office: RegistrationOffice,
) -> None:
    incident = await office.open_incident()
    one, two, three = [
        await person(office, incident, name=name, phone=phone, identifiers=[])
        for name, phone in (("Kirsten", "20201111"), ("Kirstine", "20202222"), ("Kristine", "20203333"))
    ]
    inner = await merged(office, incident, two, three)
    outer = await merged(office, incident, one, two)
    await said(office, two, phone="20205555")
    await said(office, three, phone="20206666")

    await step(office, outer, "undo", FIRST)
    assert [(await shown(office, who))["phone"] for who in (one, two)] == ["+4520201111", "+4520206666"]
    times = [event.corrected_at for event in await events(office, two, PersonCorrected)]
    assert times == sorted(set(times)), "who hears of it takes the later one"
    undone = await step(office, inner, "undo", SECOND)

    assert [(await shown(office, who))["phone"] for who in (one, two, three)] == [
        "+4520201111", "+4520205555", "+4520206666",
    ]  # fmt: skip
    assert [who["fields"] for who in undone.json()["check"]] == [["phone"], ["phone"]]


async def test_what_was_said_of_somebody_recognised_by_the_others_number_goes_with_them(
    office: RegistrationOffice,
) -> None:
    incident = await office.open_incident()
    one, other = await person(office, incident, **HERE), await person(office, incident, **THERE)
    pair = await merged(office, incident, one, other)
    await office.register(incident, **THERE)
    (repeat,) = [r for r in (await shown(office, one))["repeats"] if r["registration_id"] != other]
    await said(office, repeat["registration_id"], phone="20205555")

    await step(office, pair, "undo", FIRST)

    assert [(await shown(office, who))["phone"] for who in (one, other)] == ["+4520123456", "+4520205555"]


async def test_who_is_parted_from_anothers_number_takes_along_what_was_said_of_them(
    office: RegistrationOffice,
) -> None:
    incident = await office.open_incident()
    one = await person(office, incident, **THERE | {"phone": "20207777"})
    assert await person(office, incident, **THERE | {"phone": "20207776"}) == one
    (repeat,) = (await shown(office, one))["repeats"]
    other = repeat["registration_id"]
    await said(office, other, phone="20205555")
    await said(office, one, language="en")

    parted = (await office.http.post(f"/registrations/{other}/split", json={"why": "to søstre"})).json()

    held = [await shown(office, who) for who in (one, other)]
    assert [who["phone"] for who in held] == ["+4520207777", "+4520205555"]
    assert [[n["value"] for n in who["identifiers"]] for who in held] == [[CPR], []]
    assert [who["fields"] for who in parted["check"]] == [["language"], ["language"]]


async def test_a_number_that_somebody_else_was_registered_with_meanwhile_is_theirs_until_people_have_looked(
    office: RegistrationOffice,
) -> None:
    incident = await office.open_incident()
    one = await person(office, incident, **HERE | {"identifiers": [{"value": NEW_CPR}]})
    other = await person(office, incident, **THERE | {"identifiers": []})
    pair = await merged(office, incident, one, other)
    await said(office, other, identifiers=[{"value": CPR}])
    meanwhile = await person(office, incident, **HERE | {"identifiers": [{"value": NEW_CPR}]})

    undone = await step(office, pair, "undo", FIRST)

    assert undone.status_code == 200, undone.text
    held = [await shown(office, who) for who in (one, other, meanwhile)]
    assert [[n["value"] for n in who["identifiers"]] for who in held] == [[], [CPR], [NEW_CPR]]
    open_pairs = (await office.http.get(f"/incidents/{incident}/duplicates")).json()
    assert {one, meanwhile} in [{each["one"], each["other"]} for each in open_pairs]


async def test_a_person_merged_and_erased_meanwhile_leaves_each_registration_with_its_own_fields(
    office: RegistrationOffice,
) -> None:
    incident = await office.open_incident()
    one, two, third = [
        await person(office, incident, name=name, phone=phone, identifiers=[])
        for name, phone in (("Kirsten", "20201111"), ("Kirstine", "20202222"), ("Kristine", "20203333"))
    ]
    with_third = await merged(office, incident, one, third)
    pair = await merged(office, incident, one, two)
    await said(office, two, phone="20205555")
    await step(office, with_third, "undo", FIRST)
    await said(office, two, email="k@example.dk")
    await office.http.post(f"/registrations/{third}/forget", json={"why": "bad om det"})

    undone = await step(office, pair, "undo", FIRST)

    held = [await shown(office, who) for who in (one, two)]
    assert [(who["phone"], who["email"]) for who in held] == [
        ("+4520201111", None), ("+4520205555", "k@example.dk"),
    ]  # fmt: skip
    assert undone.json()["check"] == []
