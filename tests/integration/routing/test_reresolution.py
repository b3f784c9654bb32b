"""Decided again in bulk: for the reform's day, when somebody asks for it, and before a wave."""

from datetime import timedelta

from contracts.events.ids import WaveId
from contracts.events.outreach import WaveDrafted
from kit.runtime.ids import new_id
from tests.integration.routing.cases import HERE, SPANS, THERE, all_rounds, corrected, decisions
from tests.unit.routing.cases import REFORM, at
from tests.unit.routing.register_server import Register
from tests.unit.routing.running import AT, Routing, incident_id


async def test_a_preview_says_who_would_move_and_writes_nothing(routing: Routing) -> None:
    incident = incident_id()
    people = [
        *[await routing.person(incident, addresses=[at("0101")]) for _ in range(3)],
        await routing.person(incident, addresses=[at("0400")]),
        await routing.person(incident, addresses=[HERE]),
        await routing.person(incident, addresses=[SPANS]),
    ]
    await routing.tell(*people)
    await all_rounds(routing)
    before = await routing.buckets(incident), [await decisions(routing, person) for person in people]

    found = await routing.answer("GET", f"/reresolution/preview?on={REFORM}&incident_id={incident}")

    assert (found["cases"], found["move"], found["stay"], found["undecided"]) == (6, 4, 1, 1)
    assert found["register_asked"] is False
    assert [
        (m["cases"], m["from"]["municipality"], m["from"]["region"], m["to"]["region_name"])
        for m in found["moves"]
    ] == [
        (3, "0101", "1084", "Region Østdanmark"),
        (1, "0400", "1084", "Region Østdanmark"),
    ]
    assert (
        await routing.buckets(incident),
        [await decisions(routing, person) for person in people],
    ) == before


async def test_a_person_lets_one_incident_be_decided_again_and_each_case_is_once(routing: Routing) -> None:
    incident, another = incident_id(), incident_id()
    people = [await routing.person(incident, addresses=[HERE]) for _ in range(8)]
    untouched = await routing.person(another, addresses=[HERE])
    await routing.tell(*people, untouched)
    await all_rounds(routing)

    asked = await routing.answer(
        "POST", "/reresolution", json={"incident_id": str(incident), "why": "Ny udgave af registeret"}
    )
    while await routing.reopening.round():
        await all_rounds(routing)

    assert asked["cases"] == 8
    done = await routing.answer("GET", f"/reresolution/{asked['reopening_id']}")
    assert (done["cases"], done["asked_by"], bool(done["done_at"])) == (8, "anna", True)
    assert {len(await decisions(routing, person)) for person in people} == {2}
    assert len(await decisions(routing, untouched)) == 1


async def test_who_was_decided_since_the_request_is_not_decided_once_more(routing: Routing) -> None:
    incident = incident_id()
    person, other = [await routing.person(incident, addresses=[HERE]) for _ in range(2)]
    await routing.tell(person, other)
    await all_rounds(routing)
    asked = {"incident_id": str(incident), "why": "Ny udgave af registeret"}
    answer = await routing.answer("POST", "/reresolution", json=asked)

    await routing.tell(await corrected(routing, person, THERE))
    await all_rounds(routing)
    while await routing.reopening.round():
        await all_rounds(routing)

    done = await routing.answer("GET", f"/reresolution/{answer['reopening_id']}")
    assert (answer["cases"], done["cases"]) == (2, 1)
    assert [len(await decisions(routing, one)) for one in (person, other)] == [2, 2]


async def test_before_a_wave_whoever_was_decided_on_an_earlier_day_is_asked_about_again(
    routing: Routing, register: Register
) -> None:
    incident = incident_id()
    early, late = [await routing.person(incident, cpr) for cpr in ("0101585018", "0101585026")]
    routing.clock.at = AT - timedelta(days=10)  # well before the reform, which asks anew by itself
    await routing.tell(early)
    await all_rounds(routing)
    routing.clock.at += timedelta(days=3)
    await routing.tell(late)
    await all_rounds(routing)

    register.asked.clear()
    drafted = WaveDrafted(
        incident_id=incident, exercise=True, wave_id=WaveId(new_id()), drafted_at=routing.clock.at
    )
    await routing.tell(drafted)
    while await routing.reopening.round():
        await all_rounds(routing)

    assert register.asked == ["0101585018"]
    assert [len(await decisions(routing, one)) for one in (early, late)] == [2, 1]


async def test_nobody_is_decided_for_a_day_that_has_not_come(routing: Routing) -> None:
    answer = await routing.ask("POST", "/reresolution", json={"on": str(REFORM), "why": "Reformen"})

    assert answer.status_code == 422
    assert answer.json()["type"].endswith("day-not-come")


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
        before, by_law, after = (await routing.said_of(person.registration_id))[-3:]
        assert (by_law.municipality, by_law.reason) == (home, "successor_by_law")
        assert (before.municipality, before.region) == (home, "1084")
        assert (after.municipality, after.region, after.on) == (home, "region-oestdanmark", REFORM)
        assert before.reason == after.reason
    decisions = await routing.answer("GET", f"/registrations/{by_person.registration_id}/decisions")
    assert [d["municipality"] for d in decisions] == [None, "0151", "0151"]
    assert await routing.buckets(incident) == {"resolved": 2}
