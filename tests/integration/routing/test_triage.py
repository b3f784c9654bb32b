"""The triage queue: whose each case is, how long it may be there, and that it is told when it is late."""

import asyncio
from typing import Any

from contracts.events.routing import TriageOverdue
from kit.runtime.ids import new_id
from services.routing import metrics
from services.routing.domain.deadlines import DEFAULT_TRIAGE_HOURS, Deadlines, TriageDeadlines
from services.routing.domain.triage import Queue
from services.routing.workers.escalation import EscalationWorker
from services.routing.workers.gauges import set_gauges
from tests.unit.routing.cases import at
from tests.unit.routing.running import Routing, incident_id

SPANS = at(postcode="2750")  # reaches into several municipalities
LATE_AT_ONCE = TriageDeadlines({Queue.ADDRESS: 0})


def escalating(routing: Routing, deadlines: TriageDeadlines) -> EscalationWorker:
    all_deadlines = Deadlines(triage=deadlines)
    return EscalationWorker(routing.database, routing.directory, routing.clock, all_deadlines, batch=100)


async def in_triage(routing: Routing) -> Any:
    """Put somebody in the queue of addresses."""
    person = await routing.person(incident_id(), addresses=[SPANS])
    await routing.tell(person)
    await routing.work.round()
    return person


async def rows(routing: Routing, person: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = await routing.answer("GET", f"/incidents/{person.incident_id}/triage")
    return found


async def late_events(routing: Routing, person: Any) -> list[TriageOverdue]:
    said = await routing.said_of(person.registration_id)
    return [event for event in said if isinstance(event, TriageOverdue)]


def test_every_queue_has_a_clock() -> None:
    assert set(DEFAULT_TRIAGE_HOURS) == set(Queue)


async def test_a_case_is_somebodys_for_as_long_as_it_is_in_that_queue(routing: Routing) -> None:
    person = await in_triage(routing)
    path = f"/triage/{person.registration_id}"
    before = await routing.answer("GET", f"/incidents/{person.incident_id}/triage/counts")

    await routing.answer("POST", f"{path}/assign", json={"to": "Vagtholdet"}, by="bo")
    [row] = await rows(routing, person)
    await routing.answer("POST", f"{path}/resolve", json={"municipality": "0151", "reason": "Bor der"})
    gone = await routing.ask("POST", f"{path}/assign", json={"to": "Vagtholdet"})
    unheard_of = await routing.ask("POST", f"/triage/{new_id()}/assign", json={"to": "Vagtholdet"})

    assert (row["owner"], row["overdue"], row["exercise"]) == ("Vagtholdet", False, True)
    assert row["candidates"]
    assert before["queues"] == {"address": {"cases": 1, "overdue": 0, "unowned": 1}}
    assert (gone.status_code, gone.json()["type"]) == (409, "urn:folgeskab:not-queued")
    assert unheard_of.status_code == 404
    assert await routing.answer("GET", f"/incidents/{person.incident_id}/triage/counts") == {
        "cases": 0, "overdue": 0, "unowned": 0, "queues": {}, "warnings": [],
    }  # fmt: skip


async def test_a_case_that_is_late_is_told_once_and_keeps_its_owner(routing: Routing) -> None:
    person = await in_triage(routing)
    path = f"/triage/{person.registration_id}/assign"
    await routing.answer("POST", path, json={"to": "Vagtholdet"})
    await escalating(routing, TriageDeadlines()).round()
    in_time = await late_events(routing, person)

    await asyncio.gather(*(escalating(routing, LATE_AT_ONCE).round() for _ in range(3)))
    await routing.answer("POST", path, json={"to": "Kriseteamet"})
    await escalating(routing, LATE_AT_ONCE).round()

    [told] = await late_events(routing, person)
    assert in_time == []
    assert (told.queue, told.reason, told.owner_known, told.exercise) == (
        "address", "postcode_spans", True, True,
    )  # fmt: skip
    assert [row["owner"] for row in await rows(routing, person)] == ["Kriseteamet"]
    async with routing.database.transaction() as session:
        await set_gauges(session)
    assert metrics.TRIAGE_OVERDUE.labels("address", "yes")._value.get() >= 1


async def test_an_owner_and_a_clock_do_not_follow_a_case_into_another_queue(routing: Routing) -> None:
    person = await in_triage(routing)
    await routing.answer("POST", f"/triage/{person.registration_id}/assign", json={"to": "Vagtholdet"})
    await escalating(routing, LATE_AT_ONCE).round()
    async with routing.database.transaction() as session:
        await session.execute(
            "update home_case set queue = 'identity', since = now() where registration_id = $1",
            person.registration_id,
        )

    [moved] = await rows(routing, person)
    await escalating(routing, TriageDeadlines({Queue.IDENTITY: 0})).round()

    assert moved["owner"] is None
    assert [event.queue for event in await late_events(routing, person)] == ["address", "identity"]
    assert not (await late_events(routing, person))[1].owner_known
