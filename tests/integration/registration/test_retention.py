"""An incident's people are kept until a decided day, and forgotten after it: all, once, and no others."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest

from contracts.events.ids import IncidentId, RegistrationId
from contracts.events.registration import PersonForgotten
from kit.runtime.clock import Clock
from services.registration.store import erasure, retention
from services.registration.store.retention import ErasedPerson
from services.registration.use_cases.erase_person import forget_people
from services.registration.workers.key_deletion import KeyDeletion
from services.registration.workers.retention import Retention
from tests.conftest import Databases
from tests.deliveries import sent
from tests.integration.registration.api_client import RegistrationOffice, opened

TODAY = datetime.now(UTC).date()
LAST_DAY = TODAY + timedelta(days=30)
PEOPLE = 5


@dataclass
class MovedClock(Clock):
    days: int = 0

    def now(self) -> datetime:
        return datetime.now(UTC) + timedelta(days=self.days)


AFTER = MovedClock(days=32)


@pytest.fixture(scope="module")
async def office(databases: Databases) -> AsyncIterator[RegistrationOffice]:
    async with opened(databases) as made:
        yield made


async def closed_incident(office: RegistrationOffice, people: int = PEOPLE) -> tuple[str, list[UUID]]:
    incident = await office.open_incident()
    answers = [
        await office.register(incident, name=f"Person {n} Test", identifiers=[], phone=None)
        for n in range(people)
    ]
    await office.http.post(f"/incidents/{incident}/close")
    return incident, [UUID(answer.json()["registration_id"]) for answer in answers]


async def decide(office: RegistrationOffice, incident: str, last_day: date = LAST_DAY) -> httpx.Response:
    body = {"keep_until": last_day.isoformat(), "why": "aftalt med beredskabet"}
    return await office.http.post(f"/incidents/{incident}/retention", json=body)


async def standing(office: RegistrationOffice, incident: str) -> dict[str, Any]:
    found: dict[str, Any] = (await office.http.get(f"/incidents/{incident}/retention")).json()
    return found


async def all_rounds(office: RegistrationOffice, clock: MovedClock = AFTER) -> None:
    work = Retention(office.resources, clock, chunk=2)
    while await work.round():
        pass


async def told_forgotten(office: RegistrationOffice) -> list[UUID]:
    async with office.resources.database.transaction() as session:
        return [event.registration_id for event in await sent(session) if isinstance(event, PersonForgotten)]


async def test_after_the_last_day_everyone_is_erased_and_emitted_once(office: RegistrationOffice) -> None:
    incident, people = await closed_incident(office)
    _, others = await closed_incident(office, 1)
    await decide(office, incident)

    await all_rounds(office, MovedClock(days=30))
    waiting = await standing(office, incident)
    await all_rounds(office)
    await all_rounds(office)

    assert (waiting["state"], waiting["forgotten"], waiting["left"]) == ("waiting", 0, PEOPLE)
    done = await standing(office, incident)
    assert (done["state"], done["forgotten"], done["left"]) == ("done", PEOPLE, 0)
    assert await office.resources.keyring.read(people) == {}
    told = await told_forgotten(office)
    assert sorted(one for one in told if one in people) == people
    assert (await office.resources.keyring.read(others)).keys() == set(others)


async def test_a_date_is_moved_by_a_new_decision_and_the_old_one_is_kept(office: RegistrationOffice) -> None:
    incident, _ = await closed_incident(office, 1)
    await decide(office, incident)

    later = await decide(office, incident, LAST_DAY + timedelta(days=30))
    await all_rounds(office)

    assert later.status_code == 201
    found = await standing(office, incident)
    assert found["keep_until"] == (LAST_DAY + timedelta(days=30)).isoformat()
    assert (found["state"], found["left"], found["set_by"]) == ("waiting", 1, "Hanne Hotline")
    assert [(one["keep_until"], one["why"]) for one in found["history"]] == [
        ((LAST_DAY + timedelta(days=30)).isoformat(), "aftalt med beredskabet"),
        (LAST_DAY.isoformat(), "aftalt med beredskabet"),
    ]


async def test_nothing_begins_before_tomorrow_and_never_in_an_open_incident(
    office: RegistrationOffice,
) -> None:
    incident, people = await closed_incident(office, 1)
    yesterday = await decide(office, incident, TODAY - timedelta(days=1))
    await decide(office, incident)
    await office.http.post(f"/incidents/{incident}/reopen", json={"why": "der kom flere"})
    opened_again = await decide(office, incident)

    await all_rounds(office)

    assert (yesterday.status_code, yesterday.json()["errors"][0]["field"]) == (422, "keep_until")
    assert opened_again.status_code == 409
    assert (await office.resources.keyring.read(people)).keys() == set(people)


async def test_the_restricted_stay_until_the_restriction_is_lifted(office: RegistrationOffice) -> None:
    incident, people = await closed_incident(office)
    bars = f"/registrations/{people[1]}/contact-restrictions"
    assert (await office.http.post(bars, json={"reason": "restricted", "why": "klagesag"})).is_success
    await decide(office, incident)

    await all_rounds(office)
    held_back = await standing(office, incident)
    assert (await office.http.post(f"{bars}/restricted/lift", json={"why": "afgjort"})).is_success
    await all_rounds(office)

    assert (held_back["state"], held_back["left"], held_back["restricted"]) == ("running", 1, 1)
    assert (await standing(office, incident))["state"] == "done"
    assert await office.resources.keyring.read(people) == {}


async def test_who_calls_the_hotline_after_it_began_is_not_forgotten_with_the_others(
    office: RegistrationOffice,
) -> None:
    incident, people = await closed_incident(office)
    bars = f"/registrations/{people[1]}/contact-restrictions"
    assert (await office.http.post(bars, json={"reason": "restricted", "why": "klagesag"})).is_success
    await decide(office, incident)
    await all_rounds(office)

    late = await office.register(incident, place="hotline", identifiers=[])
    await all_rounds(office)
    assert (await office.http.post(f"{bars}/restricted/lift", json={"why": "afgjort"})).is_success
    await all_rounds(office)

    found = await standing(office, incident)
    assert (found["state"], found["forgotten"], found["left"]) == ("done", PEOPLE, 1)
    assert (await office.http.get(f"/registrations/{late.json()['registration_id']}")).status_code == 200


async def test_a_crash_after_the_decision_loses_no_key_deletion(office: RegistrationOffice) -> None:
    incident, people = await closed_incident(office)
    await decide(office, incident)
    work = Retention(office.resources, AFTER)
    async with office.resources.database.transaction() as session:
        due = await retention.lock_due(session, AFTER.now().date())
        assert due is not None
        assert due.incident_id == UUID(incident)
        await work._forget_some(session, due, AFTER.now())  # the process dies here

    await KeyDeletion(office.resources).round()
    await all_rounds(office)

    assert await office.resources.keyring.read(people) == {}
    assert (await standing(office, incident))["forgotten"] == PEOPLE


async def test_the_refused_rows_of_its_files_go_with_the_people(office: RegistrationOffice) -> None:
    incident = await office.open_incident()
    report = await office.import_csv(incident, b"reference,name,role,place\nr1,Nancy,hero,epc\n")
    await office.http.post(f"/incidents/{incident}/close")
    await decide(office, incident)
    file = UUID(report.json()["import_id"])
    kept = await office.resources.keyring.read([file])

    await all_rounds(office)

    assert kept.keys() == {file}
    assert await office.resources.keyring.read([file]) == {}


async def unmarked(office: RegistrationOffice, people: list[UUID]) -> set[UUID]:
    """Return whose key is deleted, or to be deleted, and is not marked so."""
    async with office.resources.database.transaction() as session:
        rows = await session.fetch(
            "select id from registration where id = any($1::uuid[]) and key_deleted_at is null", people
        )
        again = await erasure.keys_to_delete(session, 10_000)
    return {row["id"] for row in rows} | (set(again) & set(people))


async def test_a_deleted_key_is_marked_so_whichever_way_it_went(office: RegistrationOffice) -> None:
    """Else the loop would try the same people for ever, and never come to the next."""
    incident, people = await closed_incident(office)
    await decide(office, incident)
    asked = await office.http.post(f"/registrations/{people[0]}/forget", json={"why": "beder om det"})
    async with office.resources.database.transaction() as session:
        made = ErasedPerson(RegistrationId(people[1]), IncidentId(UUID(incident)), exercise=True)
        await forget_people(session, [made], session.now, "test", [None])  # the process dies here
    waiting = await unmarked(office, people)

    await KeyDeletion(office.resources).round()
    by_the_loop = await unmarked(office, people)
    await all_rounds(office)

    assert asked.json()["keys_deleted"] == 1
    assert waiting == set(people[1:])
    assert by_the_loop == set(people[2:])
    assert await unmarked(office, people) == set()
    assert await office.resources.keyring.read(people) == {}
