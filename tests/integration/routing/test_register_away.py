"""A register that does not answer is never an answer: the case waits, people see it, a decision holds."""

from datetime import timedelta

from contracts.events.routing import HomeAuthorityUnresolved
from tests.integration.routing.cases import HERE, answering, kinds
from tests.unit.routing.cases import PERSON
from tests.unit.routing.register_server import Register, Reply
from tests.unit.routing.register_server import person as resident
from tests.unit.routing.running import AT, Routing, incident_id


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


async def test_an_answer_that_comes_after_midnight_is_asked_for_again(
    routing: Routing, register: Register
) -> None:
    """The authorities of yesterday may have ended: a decision for that day would name one of them."""
    person = await routing.person(incident_id(), PERSON)
    await routing.tell(person)

    def reply(cpr: str) -> Reply:
        routing.clock.at = AT + timedelta(hours=1)
        return resident(cpr)

    answering(register, reply)
    await routing.work.round()
    late = await routing.said_of(person.registration_id)
    await routing.work.round()

    [event] = await routing.said_of(person.registration_id)
    assert late == []
    assert event.on.isoformat() == "2027-01-01"


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
