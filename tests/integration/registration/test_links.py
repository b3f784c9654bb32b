"""Who belongs to whom is said once, from either side, and ends with a record."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import httpx
import pytest

from contracts.events.registration import RelationsTold
from kit.runtime.ids import new_id
from tests.conftest import Databases
from tests.deliveries import sent
from tests.integration.registration.api_client import RegistrationOffice, opened

WAITING = """
select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'
"""


@pytest.fixture(scope="module")
async def office(databases: Databases) -> AsyncIterator[RegistrationOffice]:
    async with opened(databases, checked=False) as made:  # some tests write rows themselves
        yield made


async def registered(office: RegistrationOffice, incident: str, **changed: Any) -> str:
    answer = await office.register(incident, **{"identifiers": [], **changed})
    assert answer.status_code == 201, answer.text
    return str(answer.json()["registration_id"])


async def link(office: RegistrationOffice, person: str, kind: str, to: str) -> httpx.Response:
    return await office.http.post(f"/registrations/{person}/links", json={"kind": kind, "to": to})


async def links(office: RegistrationOffice, person: str) -> list[tuple[str, str]]:
    found = (await office.http.get(f"/registrations/{person}/links")).json()
    return [(one["kind"], one["to"]) for one in found if one["ended_at"] is None]


async def test_a_link_is_one_whichever_of_the_two_says_it(office: RegistrationOffice) -> None:
    incident = await office.open_incident()
    mother, child = await registered(office, incident), await registered(office, incident)

    answers = [
        await link(office, mother, "guardian", child),
        await link(office, child, "child", mother),
        await link(office, mother, "came_with", child),
        await link(office, child, "came_with", mother),
    ]

    assert len({answer.json()["link_id"] for answer in answers}) == 2
    assert sorted(await links(office, mother)) == [("came_with", child), ("guardian", child)]
    assert sorted(await links(office, child)) == [("came_with", mother), ("child", mother)]


async def test_a_link_ends_with_a_record_and_may_be_made_again(office: RegistrationOffice) -> None:
    incident = await office.open_incident()
    one, other = await registered(office, incident), await registered(office, incident)
    link_id = (await link(office, one, "family", other)).json()["link_id"]

    for _ in range(2):
        ended = await office.http.post(f"/registrations/{other}/links/{link_id}/end")

    assert ended.json()["ended_by"] == "Hanne Hotline"
    assert await links(office, one) == []
    assert (await link(office, one, "family", other)).json()["link_id"] != link_id
    assert len((await office.http.get(f"/registrations/{one}/links")).json()) == 2


async def test_nobody_is_linked_to_themselves_to_another_incident_or_to_nobody(
    office: RegistrationOffice,
) -> None:
    person = await registered(office, await office.open_incident())
    stranger = await registered(office, await office.open_incident())

    answers = [await link(office, person, "family", to) for to in (person, stranger, str(UUID(int=7)))]
    no_link = await office.http.post(f"/registrations/{person}/links/{new_id()}/end")

    assert [answer.status_code for answer in answers] == [422] * 3
    assert {answer.json()["errors"][0]["field"] for answer in answers} == {"to"}
    assert no_link.status_code == 404


async def test_a_person_is_registered_with_their_links_and_a_wrong_one_costs_no_registration(
    office: RegistrationOffice,
) -> None:
    incident = await office.open_incident()
    father = await registered(office, incident)

    answer = await office.register(
        incident,
        identifiers=[],
        links=[{"kind": "child", "to": father}, {"kind": "family", "to": str(UUID(int=7))}],
    )

    assert answer.status_code == 201
    assert [hint["field"] for hint in answer.json()["hints"]] == ["links.1.to"]
    assert await links(office, father) == [("guardian", answer.json()["registration_id"])]


async def test_the_same_registration_again_does_not_undo_that_a_link_was_ended(
    office: RegistrationOffice,
) -> None:
    incident = await office.open_incident()
    father = await registered(office, incident)
    said = {"identifiers": [], "links": [{"kind": "family", "to": father}]}
    child = (await office.register(incident, key="form 9", **said)).json()["registration_id"]
    (found,) = (await office.http.get(f"/registrations/{child}/links")).json()
    await office.http.post(f"/registrations/{child}/links/{found['link_id']}/end")

    await office.register(incident, key="form 9", **said)

    assert await links(office, child) == []


async def test_the_links_of_a_repeat_are_those_of_the_person(office: RegistrationOffice) -> None:
    incident = await office.open_incident()
    friend = await registered(office, incident)
    first = (await office.register(incident)).json()["registration_id"]
    repeat = await registered(office, incident)
    await link(office, repeat, "came_with", friend)

    async with office.resources.database.transaction() as session:
        await session.execute(
            "update registration set repeat_of = $2 where id = $1", UUID(repeat), UUID(first)
        )

    assert await links(office, first) == [("came_with", friend)]
    assert await links(office, friend) == [("came_with", first)]


async def test_nobody_is_the_guardian_of_their_own_guardian_whoever_says_it_and_whenever(
    office: RegistrationOffice,
) -> None:
    incident = await office.open_incident()
    mother, child = await registered(office, incident), await registered(office, incident)

    async with (
        office.resources.database.transaction() as held,
        office.resources.database.transaction() as looking,
    ):
        await held.execute("select from registration where id = any($1::uuid[]) for update", [mother, child])
        ways = ((mother, child), (child, mother))
        both = [asyncio.create_task(link(office, one, "guardian", other)) for one, other in ways]
        while await looking.fetchval(WAITING) < len(both):
            await looking.execute("select pg_stat_clear_snapshot()")
    answers = sorted(await asyncio.gather(*both), key=lambda answer: answer.status_code)

    assert [answer.status_code for answer in answers] == [201, 422]
    assert answers[1].json()["errors"][0]["code"] == "related_the_other_way"
    assert len(await links(office, mother)) == 1


async def test_a_repeat_is_no_way_round_and_an_ended_link_is_in_nobodys_way(
    office: RegistrationOffice,
) -> None:
    incident = await office.open_incident()
    mother, child = await registered(office, incident), await registered(office, incident)
    repeat = await registered(office, incident)
    link_id = (await link(office, repeat, "guardian", child)).json()["link_id"]
    async with office.resources.database.transaction() as session:
        await session.execute(
            "update registration set repeat_of = $2 where id = $1", UUID(repeat), UUID(mother)
        )

    refused = await link(office, child, "guardian", mother)
    await office.http.post(f"/registrations/{mother}/links/{link_id}/end")
    turned = await link(office, child, "guardian", mother)

    assert (refused.status_code, turned.status_code) == (422, 201)


@pytest.mark.parametrize(
    ("guardian", "child", "status"),
    [
        ("under_15", "unknown", 422),
        ("15_17", "15_17", 422),
        ("15_17", "adult", 422),
        ("15_17", "under_15", 201),
        ("unknown", "adult", 201),
        ("adult", "adult", 201),
    ],
)
async def test_a_guardian_is_old_enough_for_whom_they_guard_and_need_not_be_the_elder_of_adults(
    office: RegistrationOffice, guardian: str, child: str, status: int
) -> None:
    incident = await office.open_incident()
    ages = {"identifiers": [], "consents": []}
    one = (await office.register(incident, **ages, age_band=guardian)).json()["registration_id"]
    other = (await office.register(incident, **ages, age_band=child)).json()["registration_id"]

    answer = await link(office, one, "guardian", other)

    assert answer.status_code == status, answer.text
    assert await links(office, other) == ([("child", one)] if status == 201 else [])


async def test_a_submission_keeps_possible_relations_and_reports_contradicting_ones(
    office: RegistrationOffice,
) -> None:
    incident = await office.open_incident()
    friend = await registered(office, incident)

    answer = await office.register(
        incident,
        identifiers=[],
        links=[{"kind": kind, "to": friend} for kind in ("guardian", "child", "family")],
    )

    assert [hint["field"] for hint in answer.json()["hints"]] == ["links.1.to"]
    person = answer.json()["registration_id"]
    assert sorted(await links(office, friend)) == [("child", person), ("family", person)]


async def test_relations_are_emitted_for_both_people_also_when_one_ends(
    office: RegistrationOffice,
) -> None:
    incident = await office.open_incident()
    one = (await office.register(incident)).json()["registration_id"]
    other = (
        await office.register(incident, name="Karl Test Berggren", identifiers=[], phone="40 12 34 56")
    ).json()["registration_id"]

    made = await office.http.post(f"/registrations/{one}/links", json={"to": other, "kind": "family"})
    await office.http.post(f"/registrations/{one}/links/{made.json()['link_id']}/end")

    async with office.resources.database.transaction() as session:
        told = [e for e in await sent(session) if isinstance(e, RelationsTold) and e.key() in {one, other}]
    assert [
        (e.key(), [(str(fact.registration_id), fact.word) for fact in e.relations])
        for e in sorted(told, key=lambda e: (e.told_at, e.key()))
    ] == [(one, [(other, "family")]), (other, [(one, "family")]), (one, []), (other, [])]
