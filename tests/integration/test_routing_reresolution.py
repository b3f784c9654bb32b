"""Decided again: when registration corrects or merges, in any order and twice, and in bulk."""

import itertools
import random
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import Any

import pytest

from contracts import personal
from contracts.audit import PersonalDataSeen
from contracts.ids import WaveId
from contracts.outreach import WaveDrafted
from contracts.registration import PersonCorrected, PersonMerged, PersonRegistered, PersonUnmerged
from kit.database import Database
from kit.ids import new_id
from services.routing.register.sf1520 import Sf1520Register, Sf1520Settings
from tests.conftest import Databases
from tests.unit.routing.cases import PERSON, REFORM, at
from tests.unit.routing.register_server import Register, Reply, running
from tests.unit.routing.register_server import person as resident
from tests.unit.routing.running import AT, Routing, forgotten, incident_id

_PROTECTED = "<adressebeskyttelse><beskyttet>true</beskyttet></adressebeskyttelse>"
HERE, THERE = at("0751", postcode="8000"), at("0851", postcode="9000")
SPANS = at(postcode="2750")


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
    async with Sf1520Register(Sf1520Settings(register.url, attempts=1)) as client:
        yield Routing(database, keys, client)
    await keys.close()


async def corrected(
    routing: Routing,
    person: PersonRegistered,
    *addresses: personal.Address,
    changed: tuple[str, ...] = ("addresses",),
    when: datetime = AT,
) -> PersonCorrected:
    key = (await routing.keys.read([person.registration_id]))[person.registration_id]
    contact = personal.Contact(name="Nancy Ann Berggren", addresses=addresses)
    return PersonCorrected(
        incident_id=person.incident_id,
        exercise=person.exercise,
        registration_id=person.registration_id,
        role=person.role,
        language="da",
        age_band=person.age_band,
        channels=(),
        identity=person.identity,
        contact=key.seal(personal.CONTACT, contact),
        changed=changed,
        corrected_at=when,
    )


def merged(person: PersonRegistered, into: PersonRegistered, when: datetime = AT) -> PersonMerged:
    return PersonMerged(
        incident_id=person.incident_id,
        exercise=person.exercise,
        registration_id=person.registration_id,
        into=into.registration_id,
        merged_at=when,
    )


def unmerged(
    person: PersonRegistered, out_of: PersonRegistered, when: datetime = AT + timedelta(minutes=5)
) -> PersonUnmerged:
    return PersonUnmerged(
        incident_id=person.incident_id,
        exercise=person.exercise,
        registration_id=person.registration_id,
        out_of=out_of.registration_id,
        unmerged_at=when,
    )


async def all_rounds(routing: Routing) -> None:
    while await routing.work.round():
        pass


async def decisions(routing: Routing, person: PersonRegistered) -> list[tuple[str | None, str]]:
    found: list[dict[str, Any]] = await routing.answer(
        "GET", f"/registrations/{person.registration_id}/decisions"
    )
    return [(row["municipality"], row["reason"]) for row in found]


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


async def test_a_persons_word_holds_against_corrected_facts_and_is_looked_at_again(routing: Routing) -> None:
    person = await routing.person(incident_id(), addresses=[SPANS])
    await routing.tell(person)
    await all_rounds(routing)
    path, ruling = (
        f"/triage/{person.registration_id}/resolve",
        {"municipality": "0151", "reason": "Talte med søsteren"},
    )
    await routing.answer("POST", path, json=ruling)

    await routing.tell(await corrected(routing, person, THERE))
    await all_rounds(routing)
    doubted = await routing.triage(person.incident_id)
    await routing.answer("POST", path, json=ruling | {"municipality": "0851"})
    await all_rounds(routing)

    assert doubted == {person.registration_id: ("doubt", "facts_changed")}
    told = await routing.said_of(person.registration_id)
    assert [getattr(event, "municipality", None) for event in told] == [None, "0151", "0151", "0851"]
    assert await routing.triage(person.incident_id) == {}


async def test_facts_that_lead_where_the_person_decided_leave_no_doubt(routing: Routing) -> None:
    person = await routing.person(incident_id(), addresses=[SPANS])
    await routing.tell(person)
    await all_rounds(routing)
    ruling = {"municipality": "0151", "reason": "Talte med søsteren"}
    await routing.answer("POST", f"/triage/{person.registration_id}/resolve", json=ruling)

    await routing.tell(await corrected(routing, person, at("0151")))
    await all_rounds(routing)

    assert await routing.triage(person.incident_id) == {}
    assert (await routing.said_of(person.registration_id))[-1].reason == "decided_by_person"


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


async def test_the_explanation_opens_what_people_and_the_register_said_and_that_is_on_record(
    routing: Routing,
) -> None:
    person = await routing.person(incident_id(), PERSON)
    await routing.tell(person)
    await all_rounds(routing)
    ruling = {"municipality": "0151", "reason": "Bor hos søsteren"}
    await routing.answer("POST", f"/triage/{person.registration_id}/resolve", json=ruling)

    told = await routing.answer("GET", f"/registrations/{person.registration_id}/explanation?on={REFORM}")
    unheard_of = await routing.ask("GET", f"/registrations/{new_id()}/explanation")

    assert (told["municipality"], told["region"], told["decisions"]) == ("0151", "region-oestdanmark", 2)
    assert "Begrundelsen: Bor hos søsteren" in told["sentences"]
    assert "CPR-status 01: bopæl i Danmark." in told["sentences"]
    seen = (await routing.said_of(person.registration_id))[-1]
    assert isinstance(seen, PersonalDataSeen)
    assert (seen.purpose, seen.field_sets) == ("explanation", ("identity", "recipient", "note"))
    assert unheard_of.status_code == 404


async def test_an_address_is_masked_while_protected_or_while_the_register_was_not_heard(
    routing: Routing, register: Register
) -> None:
    incident = incident_id()
    open_one, hidden, unnumbered = [
        await routing.person(incident, *cprs, addresses=[HERE]) for cprs in ((PERSON,), ("0201609996",), ())
    ]

    async def masked(person: PersonRegistered) -> bool:
        path = f"/registrations/{person.registration_id}/explanation"
        return bool((await routing.answer("GET", path))["address_masked"])

    async def protected(cpr: str) -> Reply:
        return resident(cpr, _PROTECTED if cpr == "0201609996" else "")

    register.reply = protected  # type: ignore[method-assign]  # the test tells it how to behave
    await routing.tell(open_one, hidden, unnumbered)
    unheard = [await masked(one) for one in (open_one, hidden, unnumbered)]
    await all_rounds(routing)

    assert unheard == [True, True, False]
    assert [await masked(one) for one in (open_one, hidden, unnumbered)] == [False, True, False]
