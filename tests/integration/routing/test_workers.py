"""Many workers and one case: decided once, by whoever holds it, and no incident waits for another."""

import asyncio
from collections import Counter
from datetime import timedelta

from services.routing import metrics
from services.routing.store import home_cases
from tests.integration.routing.cases import HERE, THERE, corrected, kinds
from tests.unit.routing.cases import PERSON
from tests.unit.routing.register_server import Register
from tests.unit.routing.running import Routing, forgotten, incident_id


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

    assert [claim.epoch for claim in (*late, *current)] == [1, 2]
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

    assert [claim.registration_id for claim in first] == [person.registration_id]
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


async def test_a_decision_has_the_time_at_which_the_case_is_locked(routing: Routing) -> None:
    """Outreach keeps the decision with the later time: one written after another must not be dated before."""
    person = await routing.person(incident_id(), addresses=[HERE])
    await routing.tell(person)

    claims = await routing.work.claim()
    async with routing.database.transaction() as session:
        await home_cases.lock_cases(session, [person.registration_id])
        work = asyncio.create_task(routing.work.work(claims))
        await until_blocked(routing, work)
        routing.clock.at += timedelta(minutes=5)
    await work

    [event] = await routing.said_of(person.registration_id)
    assert event.decided_at == routing.clock.at


async def until_blocked(routing: Routing, work: asyncio.Task[None]) -> None:
    while not work.done():
        async with routing.database.transaction() as session:
            if await session.fetchval("select count(*) from pg_locks where not granted"):
                return


async def test_a_decision_is_never_dated_before_the_last_one(routing: Routing) -> None:
    """After a switch to a server whose clock is behind."""
    person = await routing.person(incident_id(), addresses=[HERE])
    await routing.tell(person)
    await routing.work.round()
    routing.clock.at -= timedelta(hours=1)

    await routing.tell(await corrected(routing, person, THERE))
    await routing.work.round()
    ruling = {"municipality": "0163", "reason": "Talte med søsteren"}
    await routing.answer("POST", f"/triage/{person.registration_id}/resolve", json=ruling)

    events = await routing.said_of(person.registration_id)
    assert [event.municipality for event in events] == ["0751", "0851", "0163"]
    times = [event.decided_at for event in events]
    assert times == sorted(set(times))
