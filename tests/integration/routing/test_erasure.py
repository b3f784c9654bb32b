"""Who is forgotten stays so, in whatever order it is heard of, and nothing sealed is left of them here."""

import random

from tests.integration.routing.cases import HERE, kinds
from tests.unit.routing.cases import PERSON
from tests.unit.routing.running import Routing, forgotten, incident_id


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
