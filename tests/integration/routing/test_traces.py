"""A loop goes on with the trace of what caused its work."""

from tests.unit.routing.cases import PERSON
from tests.unit.routing.running import Routing, incident_id


async def test_the_decision_of_a_case_is_in_the_trace_of_the_registration(routing: Routing) -> None:
    person, other = await routing.person(incident_id(), PERSON), await routing.person(incident_id())
    await routing.tell(person, other)

    await routing.work.round()

    async with routing.database.transaction() as session:
        rows = await session.fetch(
            "select key, traceparent from outbox where key = any($1::text[])", [person.key(), other.key()]
        )
    assert {row["key"] for row in rows} == {person.key(), other.key()}
    assert all(row["traceparent"].split("-")[1] == row["key"].replace("-", "") for row in rows)
