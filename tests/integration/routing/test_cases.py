"""Routing against a real database and a register on a real socket: from registration to home authority."""

import random

from contracts.events import personal
from contracts.events.registration import PersonRegistered
from contracts.events.routing import HomeAuthorityResolved
from contracts.events.vocabulary import AgeBand, Contactability
from services.routing import metrics
from services.routing.workers.gauges import set_gauges
from tests.integration.routing.cases import GONE, HERE, SPANS, all_rounds, answering, kinds
from tests.unit.routing.cases import MOTHER, OTHER, PERSON, REFORM, at
from tests.unit.routing.register_server import Register
from tests.unit.routing.register_server import person as resident
from tests.unit.routing.running import Routing, forgotten, incident_id, moved_to_another


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
    async with routing.database.transaction() as session:
        await set_gauges(session)
    assert metrics.CASES_OPEN.labels("register_away", "yes")._value.get() >= buckets["register_away"]


async def test_authorities_are_those_of_the_date(routing: Routing) -> None:
    before = await routing.answer("GET", "/authorities")
    after = await routing.answer("GET", f"/authorities?on={REFORM}")

    assert [a["region"] for a in before if a["id"] == "0151"] == ["1084"]
    assert [a["region"] for a in after if a["id"] == "0151"] == ["region-oestdanmark"]
    assert ("1084", "Region Hovedstaden", "region") in {(a["id"], a["name"], a["kind"]) for a in before}
    assert not [a for a in after if a["id"] == "1084"]


async def test_a_replaced_number_is_told_with_the_current_one_sealed(
    routing: Routing, register: Register
) -> None:
    old, current = "0101585018", "0101585026"
    successor = f"<gaeldendePersonnummer>{current}</gaeldendePersonnummer>"
    answering(register, lambda cpr: resident(cpr, successor if cpr == old else ""))
    replaced, kept = [await routing.person(incident_id(), cpr) for cpr in (old, current)]
    await routing.tell(replaced, kept)
    await all_rounds(routing)

    keys = await routing.keys.read([replaced.registration_id])
    [learned] = [e for e in await routing.said_of(replaced.registration_id) if "Learned" in type(e).__name__]

    number = keys[replaced.registration_id].open(personal.IDENTITY, learned.number, personal.Identity)
    assert number == personal.Identity((personal.Identifier("cpr", current),))
    assert [type(e).__name__ for e in await routing.said_of(kept.registration_id)] == [
        "HomeAuthorityResolved"
    ]
