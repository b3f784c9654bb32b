"""Routing against a real database and a register on a real socket: from registration to home authority."""

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from typing import Any

import pytest

from contracts import personal
from contracts.audit import PersonalDataSeen
from contracts.registration import PersonRegistered
from contracts.routing import HomeAuthorityResolved, HomeAuthorityUnresolved
from contracts.vocabulary import AgeBand, Contactability
from kit.database import Database
from kit.ids import new_id
from services.routing import metrics
from services.routing.measuring import Measuring
from services.routing.register.sf1520 import Sf1520Register, Sf1520Settings
from tests.conftest import Databases
from tests.unit.routing.cases import MOTHER, OTHER, PERSON, REFORM, at
from tests.unit.routing.register_server import Register, Reply, fault, running
from tests.unit.routing.register_server import person as resident
from tests.unit.routing.running import Routing, forgotten, incident_id, moved_to_another

HERE = at("0751", line="Møllestien 7", postcode="8000")
SPANS = at(postcode="2750")  # reaches into several municipalities
GONE = fault("PNR not found")


@pytest.fixture(scope="module")
async def database(databases: Databases) -> AsyncIterator[Database]:
    made = Database(await databases.migrate("routing"), name="routing-test")
    yield made
    await made.close()


@pytest.fixture
async def register() -> AsyncIterator[Register]:
    async with running(Register()) as started:
        yield started


@pytest.fixture
async def routing(databases: Databases, database: Database, register: Register) -> AsyncIterator[Routing]:
    keys = databases.keyring("registration")
    settings = Sf1520Settings(register.url, attempts=1, breaker_after=1000, time_limit=30)
    async with Sf1520Register(settings) as client:
        yield Routing(database, keys, client)
    await keys.close()


def answering(register: Register, reply: Callable[[str], Reply | None]) -> None:
    async def answer(cpr: str) -> Reply | None:
        return reply(cpr)

    register.reply = answer  # type: ignore[method-assign]  # the test tells it how to behave


def kinds(events: list[Any]) -> list[str]:
    return [type(event).__name__ for event in events]


async def test_the_register_gives_the_home_authority_and_whom_to_address(routing: Routing) -> None:
    person = await routing.person(incident_id(), PERSON)
    await routing.tell(person)

    await routing.work.round()

    [event] = await routing.said_of(person.registration_id)
    assert isinstance(event, HomeAuthorityResolved)
    assert (event.municipality, event.region, event.reason) == ("0751", "1082", "register")
    assert event.exercise
    key = (await routing.keys.read([person.registration_id]))[person.registration_id]
    assert event.recipient is not None
    recipient = key.open(personal.RECIPIENT, event.recipient, personal.Recipient)
    assert (recipient.cprs, recipient.relation, recipient.register_status) == ((PERSON,), "self", "01")
    assert await routing.buckets(person.incident_id) == {"resolved": 1}


async def test_a_case_without_a_number_never_calls_the_register(routing: Routing, register: Register) -> None:
    person = await routing.person(incident_id(), addresses=[HERE])
    await routing.tell(person)

    await routing.work.round()

    [event] = await routing.said_of(person.registration_id)
    assert (event.municipality, event.reason, event.recipient) == ("0751", "given_municipality", None)
    assert register.asked == []


async def test_no_connection_is_held_while_the_register_is_asked(
    routing: Routing, register: Register
) -> None:
    held = []
    person = await routing.person(incident_id(), PERSON)
    await routing.tell(person)

    def reply(cpr: str) -> Reply:
        held.append(routing.database.engine.pool.checkedout())  # type: ignore[attr-defined]
        return resident(cpr)

    answering(register, reply)
    await routing.work.round()

    assert held == [0]


async def test_registered_and_forgotten_twice_and_in_any_order_ends_forgotten(routing: Routing) -> None:
    incident, dice = incident_id(), random.Random(3)
    people = [await routing.person(incident, addresses=[HERE]) for _ in range(12)]
    stays, goes = people[:6], people[6:]
    events = [*stays, *stays, *goes, *goes, *(forgotten(person) for person in goes)]
    dice.shuffle(events)

    for start in range(0, len(events), 5):
        await routing.tell(*events[start : start + 5])
        await routing.work.round()
    await routing.tell(*events)

    assert await routing.buckets(incident) == {"resolved": 6, "forgotten": 6}
    assert [kinds(await routing.said_of(one.registration_id)) for one in stays] == [
        ["HomeAuthorityResolved"]
    ] * 6
    for person in goes:
        assert await routing.sealed_of(person.registration_id) == [None, None, None]


async def test_who_is_forgotten_before_being_heard_of_stays_forgotten(routing: Routing) -> None:
    person = await routing.person(incident_id(), addresses=[HERE])
    await routing.tell(forgotten(person))
    await routing.tell(person)

    await routing.work.round()

    assert await routing.buckets(person.incident_id) == {"forgotten": 1}
    assert await routing.sealed_of(person.registration_id) == [None, None, None]


async def test_a_person_without_a_key_ends_as_forgotten(routing: Routing) -> None:
    person = await routing.person(incident_id(), PERSON)
    await routing.tell(person)
    await routing.keys.forget([person.registration_id])

    await routing.work.round()

    assert await routing.buckets(person.incident_id) == {"forgotten": 1}
    assert await routing.sealed_of(person.registration_id) == [None, None, None]
    assert await routing.said_of(person.registration_id) == []


async def test_a_register_that_fails_makes_the_case_wait_and_is_asked_again(
    routing: Routing, register: Register
) -> None:
    person = await routing.person(incident_id(), PERSON, addresses=[HERE])
    await routing.tell(person)
    answering(register, lambda _cpr: (503, b""))

    await routing.work.round()
    away = await routing.buckets(person.incident_id), await routing.said_of(person.registration_id)
    answering(register, resident)
    await routing.work.round()

    assert away == ({"register_away": 1}, [])
    [event] = await routing.said_of(person.registration_id)
    assert event.reason == "register"
    assert await routing.buckets(person.incident_id) == {"resolved": 1}


async def test_a_register_that_knows_nobody_of_that_number_is_an_answer(
    routing: Routing, register: Register
) -> None:
    person = await routing.person(incident_id(), PERSON)
    await routing.tell(person)
    answering(register, lambda _cpr: GONE)

    await routing.work.round()

    assert await routing.triage(person.incident_id) == {
        person.registration_id: ("identity", "number_not_found")
    }
    assert kinds(await routing.said_of(person.registration_id)) == ["HomeAuthorityUnresolved"]


async def test_a_case_that_has_waited_long_is_shown_to_people_and_told_once(
    routing: Routing, register: Register
) -> None:
    person = await routing.person(incident_id(), PERSON, addresses=[HERE])
    await routing.tell(person)
    answering(register, lambda _cpr: None)

    for _ in range(6):
        await routing.work.round()

    [event] = await routing.said_of(person.registration_id)
    assert isinstance(event, HomeAuthorityUnresolved)
    assert (event.queue, event.reason, event.candidates) == ("register", "register_pending", ("0751",))
    assert await routing.triage(person.incident_id) == {
        person.registration_id: ("register", "register_pending")
    }
    assert await routing.buckets(person.incident_id) == {"register_away": 1}


async def test_why_the_register_suppresses_somebody_stays_out_of_the_event(
    routing: Routing, register: Register
) -> None:
    person = await routing.person(incident_id(), PERSON)
    await routing.tell(person)
    status, body = resident(PERSON)
    dead = body.replace(b"<status>1</status>", b"<status>90</status>")
    answering(register, lambda _cpr: (status, dead.replace(b"<kommunekode>751</kommunekode>", b"")))

    await routing.work.round()

    [event] = await routing.said_of(person.registration_id)
    assert (event.reason, event.contactability) == ("register_status", Contactability.SUPPRESSED)
    assert await routing.triage(person.incident_id) == {person.registration_id: ("register", "dead")}


async def test_a_worker_whose_lease_was_taken_over_writes_nothing(routing: Routing) -> None:
    person = await routing.person(incident_id(), addresses=[HERE])
    await routing.tell(person)
    frozen = routing.worker(lease=timedelta())
    late = await frozen.claim()
    await routing.work.round()
    fenced = metrics.FENCED._value.get()

    await frozen.work(late)

    assert metrics.FENCED._value.get() == fenced + 1
    assert kinds(await routing.said_of(person.registration_id)) == ["HomeAuthorityResolved"]
    assert len(await routing.answer("GET", f"/registrations/{person.registration_id}/decisions")) == 1


async def test_of_two_workers_with_the_same_case_in_hand_only_the_later_writes(routing: Routing) -> None:
    person = await routing.person(incident_id(), addresses=[HERE])
    await routing.tell(person)
    late = await routing.worker(lease=timedelta()).claim()
    current = await routing.work.claim()

    await routing.work.work(late)
    while_in_hand = await routing.buckets(person.incident_id)
    await routing.work.work(current)

    assert [claim["epoch"] for claim in (*late, *current)] == [1, 2]
    assert while_in_hand == {"waiting": 1}
    assert kinds(await routing.said_of(person.registration_id)) == ["HomeAuthorityResolved"]


async def test_three_workers_and_forgetting_at_once_decide_each_case_once(routing: Routing) -> None:
    incident = incident_id()
    people = [await routing.person(incident, PERSON) for _ in range(90)]
    goes = people[60:]
    await routing.tell(*people)

    async def work() -> None:
        worker = routing.worker(batch=7)
        while await worker.round():
            pass

    async def forget() -> None:
        for person in goes:
            await routing.tell(forgotten(person))

    await asyncio.gather(work(), work(), work(), forget())

    assert await routing.buckets(incident) == {"resolved": 60, "forgotten": 30}
    told = Counter(e.registration_id for e in await routing.said_of(*(p.registration_id for p in people)))
    assert [told[person.registration_id] for person in people[:60]] == [1] * 60
    assert max(told.values()) == 1


async def test_a_case_in_hand_is_claimed_by_nobody_else(routing: Routing) -> None:
    person = await routing.person(incident_id(), addresses=[HERE])
    await routing.tell(person)

    first, second = await routing.work.claim(), await routing.work.claim()

    assert [claim["registration_id"] for claim in first] == [person.registration_id]
    assert second == []
    await routing.work.work(first)


async def test_a_worker_that_may_not_be_in_time_gives_back_what_it_has_not_asked_about(
    routing: Routing, register: Register
) -> None:
    person = await routing.person(incident_id(), PERSON)
    await routing.tell(person)

    await routing.worker(lease=timedelta()).round()
    asked_by_the_late_one = list(register.asked)
    await routing.work.round()

    assert asked_by_the_late_one == []
    assert await routing.buckets(person.incident_id) == {"resolved": 1}


async def test_no_incident_waits_for_another(routing: Routing) -> None:
    large, small = incident_id(), incident_id()
    await routing.tell(*[await routing.person(large, addresses=[HERE]) for _ in range(40)])
    await routing.tell(*[await routing.person(small, addresses=[HERE]) for _ in range(4)])

    await routing.worker(batch=8).round()

    assert await routing.buckets(small) == {"resolved": 4}
    assert await routing.buckets(large) == {"resolved": 4, "waiting": 36}
    while await routing.work.round():
        pass


async def test_data_that_does_not_open_goes_to_people_and_is_not_tried_for_ever(routing: Routing) -> None:
    incident = incident_id()
    other, healthy = await routing.person(incident), await routing.person(incident, addresses=[HERE])
    poison = moved_to_another(await routing.person(incident, addresses=[HERE]), other)
    await routing.tell(poison, healthy)

    await routing.work.round()

    assert not await routing.work.round()
    assert await routing.triage(incident) == {poison.registration_id: ("unreadable", "unreadable")}
    assert await routing.buckets(incident) == {"triage": 1, "resolved": 1}
    assert kinds(await routing.said_of(poison.registration_id)) == ["HomeAuthorityUnresolved"]


async def test_a_person_decides_what_the_rules_cannot_and_the_old_decision_stays(routing: Routing) -> None:
    person = await routing.person(incident_id(), addresses=[SPANS])
    await routing.tell(person)
    await routing.work.round()
    path = f"/triage/{person.registration_id}/resolve"
    ruling = {"municipality": "0151", "reason": "Talte med søsteren"}

    refused = await routing.ask("POST", path, json=ruling | {"municipality": "9999"})
    unfounded = await routing.ask("POST", path, json=ruling | {"reason": " "})
    nobody = await routing.http.post(path, json=ruling)
    await routing.answer("POST", path, by="bo", json=ruling)

    assert (refused.status_code, unfounded.status_code, nobody.status_code) == (422, 422, 401)
    assert refused.json()["type"].endswith("unknown-authority")
    told = await routing.said_of(person.registration_id)
    assert kinds(told) == ["HomeAuthorityUnresolved", "HomeAuthorityResolved"]
    assert (told[1].municipality, told[1].region, told[1].reason) == ("0151", "1084", "decided_by_person")
    assert told[1].contactability is Contactability.OPEN
    decisions = await routing.answer("GET", f"/registrations/{person.registration_id}/decisions")
    assert [(d["outcome"], d["municipality"], d["reason"], d["by"]) for d in decisions] == [
        ("ambiguous", None, "postcode_spans", None),
        ("resolved", "0151", "Talte med søsteren", "bo"),
    ]
    seen = (await routing.said_of(person.registration_id))[-1]
    assert isinstance(seen, PersonalDataSeen)
    assert (seen.actor, seen.field_sets) == ("anna", ("note",))
    assert await routing.triage(person.incident_id) == {}
    assert await routing.buckets(person.incident_id) == {"resolved": 1}


async def test_a_person_who_decides_comes_before_the_worker_that_has_the_case_in_hand(
    routing: Routing,
) -> None:
    person = await routing.person(incident_id(), addresses=[HERE])
    await routing.tell(person)
    in_hand = await routing.work.claim()
    ruling = {"municipality": "0151", "reason": "Bor hos søsteren"}
    await routing.answer("POST", f"/triage/{person.registration_id}/resolve", json=ruling)

    await routing.work.work(in_hand)

    told = await routing.said_of(person.registration_id)
    assert [event.municipality for event in told] == ["0151"]


async def test_there_is_nothing_to_decide_about_somebody_forgotten_or_unknown(routing: Routing) -> None:
    person = await routing.person(incident_id(), addresses=[SPANS])
    await routing.tell(person)
    await routing.work.round()
    await routing.tell(forgotten(person))
    ruling = {"municipality": "0151", "reason": "Talte med søsteren"}

    gone = await routing.ask("POST", f"/triage/{person.registration_id}/resolve", json=ruling)
    unheard_of = await routing.ask("POST", f"/triage/{new_id()}/resolve", json=ruling)

    assert (gone.status_code, unheard_of.status_code) == (409, 404)
    assert await routing.triage(person.incident_id) == {}


async def test_a_child_nobody_speaks_for_is_looked_at_by_people_and_written_to_by_nobody(
    routing: Routing,
) -> None:
    person = await routing.person(incident_id(), addresses=[HERE], age_band=AgeBand.UNDER_15)
    await routing.tell(person)

    await routing.work.round()

    [event] = await routing.said_of(person.registration_id)
    assert (event.municipality, event.recipient, event.letter_allowed) == ("0751", None, False)
    assert await routing.triage(person.incident_id) == {person.registration_id: ("doubt", "custody_unclear")}


async def test_the_buckets_add_up_whoever_the_people_are(routing: Routing, register: Register) -> None:
    incident, dice = incident_id(), random.Random(7)
    people: list[PersonRegistered] = []
    for _ in range(80):
        cprs = dice.choice([(), (PERSON,), (OTHER,), (MOTHER,), (PERSON, OTHER), ("1",)])
        addresses = dice.choice([[], [HERE], [SPANS], [at(country="SE")]])
        people.append(await routing.person(incident, *cprs, addresses=addresses))
    people[0] = moved_to_another(people[0], people[1])
    answers = {PERSON: resident(PERSON), MOTHER: GONE}
    answering(register, answers.get)
    await routing.keys.forget([person.registration_id for person in people[10:20]])
    await routing.tell(*people)

    await routing.work.round()
    await routing.tell(*(forgotten(person) for person in people[30:40]))

    buckets = await routing.buckets(incident)
    assert sum(buckets.values()) == 80
    assert set(buckets) == {"resolved", "triage", "register_away", "forgotten"}
    await Measuring(routing.database).round()
    assert metrics.CASES_OPEN.labels("register_away")._value.get() >= buckets["register_away"]


async def test_when_the_authorities_change_everybody_is_decided_again_and_a_persons_word_holds(
    routing: Routing,
) -> None:
    incident = incident_id()
    by_rule = await routing.person(incident, addresses=[at("0101")])
    by_person = await routing.person(incident, addresses=[SPANS])
    await routing.tell(by_rule, by_person)
    await routing.work.round()
    ruling = {"municipality": "0151", "reason": "Talte med søsteren"}
    await routing.answer("POST", f"/triage/{by_person.registration_id}/resolve", json=ruling)
    early = await routing.reopening.round()
    routing.clock.at += timedelta(hours=1)

    while await routing.reopening.round():
        pass
    while await routing.work.round():
        pass

    assert not early
    for person, home in ((by_rule, "0101"), (by_person, "0151")):
        before, after = (await routing.said_of(person.registration_id))[-2:]
        assert (before.municipality, before.region) == (home, "1084")
        assert (after.municipality, after.region, after.on) == (home, "region-oestdanmark", REFORM)
        assert before.reason == after.reason
    decisions = await routing.answer("GET", f"/registrations/{by_person.registration_id}/decisions")
    assert [d["municipality"] for d in decisions] == [None, "0151", "0151"]
    assert await routing.buckets(incident) == {"resolved": 2}


async def test_a_decision_holds_while_the_register_is_away_from_the_next(
    routing: Routing, register: Register
) -> None:
    person = await routing.person(incident_id(), PERSON)
    await routing.tell(person)
    await routing.work.round()
    routing.clock.at += timedelta(hours=1)
    answering(register, lambda _cpr: None)

    while await routing.reopening.round():
        pass
    for _ in range(5):
        await routing.worker(batch=1000).round()

    assert kinds(await routing.said_of(person.registration_id)) == ["HomeAuthorityResolved"]
    assert await routing.triage(person.incident_id) == {
        person.registration_id: ("register", "register_pending")
    }


async def test_authorities_are_those_of_the_date(routing: Routing) -> None:
    before = await routing.answer("GET", "/authorities")
    after = await routing.answer("GET", f"/authorities?on={REFORM}")

    assert [a["region"] for a in before if a["id"] == "0151"] == ["1084"]
    assert [a["region"] for a in after if a["id"] == "0151"] == ["region-oestdanmark"]
    assert ("1084", "Region Hovedstaden", "region") in {(a["id"], a["name"], a["kind"]) for a in before}
    assert not [a for a in after if a["id"] == "1084"]
