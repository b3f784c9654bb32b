"""Corrected, merged, parted: decided again where it bears on the home, in any order and twice."""

import itertools
import random
from datetime import timedelta
from typing import Any

import pytest

from kit.runtime.ids import new_id
from tests.integration.routing.cases import (
    HERE,
    SPANS,
    THERE,
    all_rounds,
    corrected,
    decisions,
    merged,
    unmerged,
)
from tests.unit.routing.running import AT, Routing, forgotten, incident_id


async def test_a_corrected_address_is_decided_again_and_the_old_decision_stays(routing: Routing) -> None:
    person = await routing.person(incident_id(), addresses=[HERE])
    await routing.tell(person)
    await all_rounds(routing)

    await routing.tell(await corrected(routing, person, THERE))
    await all_rounds(routing)

    assert await decisions(routing, person) == [
        ("0751", "given_municipality"),
        ("0851", "given_municipality"),
    ]
    assert [event.municipality for event in await routing.said_of(person.registration_id)] == ["0751", "0851"]


async def test_a_correction_without_bearing_on_the_home_is_kept_and_not_decided_again(
    routing: Routing,
) -> None:
    person = await routing.person(incident_id(), addresses=[HERE])
    await routing.tell(person)
    await all_rounds(routing)
    phone = await corrected(routing, person, HERE, changed=("phone", "preferred_time"))

    await routing.tell(phone)

    assert not await routing.work.round()
    assert (await routing.sealed_of(person.registration_id))[1] == phone.contact


async def test_of_two_corrections_the_later_holds_and_what_the_earlier_changed_is_decided_again(
    routing: Routing,
) -> None:
    person = await routing.person(incident_id(), addresses=[HERE])
    await routing.tell(person)
    await all_rounds(routing)
    earlier = await corrected(routing, person, SPANS, when=AT)
    later = await corrected(routing, person, THERE, changed=("phone",), when=AT + timedelta(minutes=1))

    await routing.tell(later)
    await routing.tell(earlier)
    await all_rounds(routing)

    assert (await decisions(routing, person))[-1] == ("0851", "given_municipality")
    assert (await routing.sealed_of(person.registration_id))[1] == later.contact


async def test_a_correction_stops_the_worker_that_has_the_old_facts_in_hand(routing: Routing) -> None:
    person = await routing.person(incident_id(), addresses=[HERE])
    await routing.tell(person)
    in_hand = await routing.work.claim()

    await routing.tell(await corrected(routing, person, THERE))
    await routing.work.work(in_hand)
    await all_rounds(routing)

    assert await decisions(routing, person) == [("0851", "given_municipality")]


async def test_who_is_merged_waits_for_nobody_and_an_undone_merge_is_decided_again(routing: Routing) -> None:
    incident = incident_id()
    person, other = (
        await routing.person(incident, addresses=[SPANS]),
        await routing.person(incident, addresses=[HERE]),
    )
    await routing.tell(person, other)
    await all_rounds(routing)

    await routing.tell(merged(person, other))
    refused = await routing.ask(
        "POST",
        f"/triage/{person.registration_id}/resolve",
        json={"municipality": "0151", "reason": "Talte med søsteren"},
    )
    while_merged = await routing.buckets(incident), await routing.triage(incident)
    await routing.tell(unmerged(person, other))
    await all_rounds(routing)

    assert refused.status_code == 409
    assert while_merged == ({"merged": 1, "resolved": 1}, {})
    assert await routing.buckets(incident) == {"triage": 1, "resolved": 1}
    assert len(await decisions(routing, person)) == 2


async def test_whatever_is_told_in_any_order_and_twice_the_case_ends_the_same(routing: Routing) -> None:
    incident = incident_id()
    other = await routing.person(incident, addresses=[HERE])
    await routing.tell(other)
    people = []
    for order in itertools.permutations(range(4)):
        person = await routing.person(incident, addresses=[HERE])
        told = [
            person,
            await corrected(routing, person, THERE),
            merged(person, other),
            unmerged(person, other),
        ]
        for number in order:
            await routing.tell(told[number])
            if number % 2:
                await routing.work.round()
        await routing.tell(*reversed(told))
        people.append(person)
    await all_rounds(routing)

    assert {(await decisions(routing, person))[-1][0] for person in people} == {"0851"}
    assert await routing.buckets(incident) == {"resolved": len(people) + 1}


@pytest.mark.parametrize("seed", range(6))
async def test_nobody_is_ever_in_no_bucket_or_in_two(routing: Routing, seed: int) -> None:
    incident, dice = incident_id(), random.Random(seed)
    people = [await routing.person(incident, addresses=[dice.choice([HERE, SPANS])]) for _ in range(8)]
    heard_of = set()
    for step in range(60):
        person, other = dice.sample(people, 2)
        when = AT + timedelta(minutes=dice.randrange(40))
        match dice.randrange(6):
            case 0 | 1:
                event: Any = person
            case 2:
                event = await corrected(routing, person, THERE, when=when)
            case 3:
                event = merged(person, other, when)
            case 4:
                event = unmerged(person, other, when)
            case _:
                event = forgotten(person) if step > 40 else person
        await routing.tell(event)
        heard_of.add(person.registration_id)
        if dice.random() < 0.4:
            await routing.work.round()

        assert sum((await routing.buckets(incident)).values()) == len(heard_of)

    await routing.tell(*people)
    await all_rounds(routing)
    ended = await routing.buckets(incident)
    assert sum(ended.values()) == len(people)
    assert set(ended) <= {"resolved", "triage", "merged", "forgotten"}


async def test_a_merge_of_somebody_forgotten_or_never_heard_of_harms_nothing(routing: Routing) -> None:
    incident = incident_id()
    gone, other = await routing.person(incident, addresses=[HERE]), await routing.person(incident)
    await routing.tell(gone, forgotten(gone))

    await routing.tell(merged(gone, other), unmerged(gone, other))
    await routing.tell(unmerged(other, gone).model_copy(update={"registration_id": new_id()}))
    await all_rounds(routing)

    assert await routing.sealed_of(gone.registration_id) == [None, None, None]
    assert await routing.buckets(incident) == {"forgotten": 1, "waiting": 1}
