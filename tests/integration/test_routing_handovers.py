"""Handing cases over to the authority at home, on a real database: offered, answered, called off, late."""

import asyncio
import random
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from contracts.event import Event
from contracts.ids import AuthorityId, ConsentId, ContactId, IncidentId, WaveId
from contracts.outreach import CallConcluded
from contracts.registration import (
    ConsentFact,
    ConsentGiven,
    ConsentsRestated,
    ConsentWithdrawn,
    ContactBarLifted,
    ContactBarred,
    IncidentOpened,
    PersonCorrected,
    PersonMerged,
    PersonRegistered,
    PersonUnmerged,
)
from contracts.vocabulary import BarReason, CallOutcome, IncidentKind, Purpose
from kit.database import Database
from kit.ids import new_id
from services.routing import metrics
from services.routing.api.office import USUAL_RULES
from services.routing.escalating import Escalating
from services.routing.measuring import Measuring
from services.routing.register.sf1520 import Sf1520Register, Sf1520Settings
from tests.conftest import Databases
from tests.unit.routing.cases import at
from tests.unit.routing.register_server import Register, running
from tests.unit.routing.running import AT, Routing, forgotten, incident_id

AARHUS, HERLEV = at("0751", line="Møllestien 7", postcode="8000"), at("0163")
WHY = {"reason": "not_our_resident", "why": "Fraflyttet i 2025"}
HOUR = timedelta(hours=1)


@pytest.fixture(scope="module")
async def database(databases: Databases) -> AsyncIterator[Database]:
    made = Database(await databases.migrate("routing"), name="routing-test")
    yield made
    await made.close()


@pytest.fixture
async def routing(databases: Databases, database: Database) -> AsyncIterator[Routing]:
    keys = databases.keyring("registration")
    async with running(Register()) as register:
        settings = Sf1520Settings(register.url, attempts=1, breaker_after=1000, time_limit=30)
        async with Sf1520Register(settings) as client:
            yield Routing(database, keys, client)
    await keys.close()


def consent(given_at: datetime = AT, *authorities: str, days: int = 365) -> ConsentFact:
    return ConsentFact(
        consent_id=ConsentId(new_id()),
        purpose=Purpose.REGISTRATION,
        channels=(),
        given_at=given_at,
        expires_at=given_at + timedelta(days=days),
        authorities=tuple(AuthorityId(code) for code in authorities),
    )


def of(person: PersonRegistered) -> dict[str, Any]:
    return {
        "incident_id": person.incident_id,
        "exercise": person.exercise,
        "registration_id": person.registration_id,
    }


def withdrawn(person: PersonRegistered, when: datetime = AT + HOUR) -> ConsentWithdrawn:
    return ConsentWithdrawn(**of(person), purpose=Purpose.REGISTRATION, withdrawn_at=when)


def called(person: PersonRegistered, outcome: CallOutcome, municipality: str = "0751") -> CallConcluded:
    return CallConcluded(
        **of(person),
        contact_id=ContactId(new_id()),
        wave_id=WaveId(new_id()),
        municipality=AuthorityId(municipality),
        outcome=outcome,
        concluded_at=AT + HOUR,
    )


async def registered(
    routing: Routing,
    incident: IncidentId | None = None,
    *consents: ConsentFact,
    address: Any = AARHUS,
) -> PersonRegistered:
    """Tell of a person who consented to be passed on, unless other consents are named."""
    person = await routing.person(incident or incident_id(), addresses=[address])
    person = person.model_copy(update={"consents": consents or (consent(),)})
    await routing.tell(person)
    return person


async def resolved(routing: Routing, *consents: ConsentFact, **how: Any) -> PersonRegistered:
    person = await registered(routing, None, *consents, **how)
    await routing.work.round()
    return person


async def handovers(routing: Routing, person: PersonRegistered, query: str = "") -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = await routing.answer(
        "GET", f"/incidents/{person.incident_id}/handovers{query}"
    )
    own = [row for row in rows if row["registration_id"] == str(person.registration_id)]
    return sorted(own, key=lambda row: row["handover_id"] or "~")  # as they were offered


async def states(routing: Routing, person: PersonRegistered) -> list[tuple[str, str]]:
    return [(row["authority"], row["state"]) for row in await handovers(routing, person)]


async def counted(routing: Routing, incident: UUID) -> dict[str, int]:
    """Give the states that are not empty, having added them up."""
    found = await routing.answer("GET", f"/incidents/{incident}/handovers/counts")
    assert sum(found["states"].values()) == found["total"]
    return {name: people for name, people in found["states"].items() if people}


async def told(routing: Routing, person: PersonRegistered) -> list[str]:
    """Give the names of the events of handovers."""
    names = [type(event).__name__ for event in await routing.said_of(person.registration_id)]
    return [name for name in names if not name.startswith(("HomeAuthority", "PersonalDataSeen"))]


async def responsible(routing: Routing, person: PersonRegistered) -> tuple[str, str | None]:
    found = await routing.answer("GET", f"/registrations/{person.registration_id}/responsible")
    return found["who"], found["name"]


async def answer(routing: Routing, person: PersonRegistered, what: str, **how: Any) -> Any:
    [last] = [row for row in await handovers(routing, person) if row["state"] in {"offered", "accepted"}][-1:]
    return await routing.answer("POST", f"/handovers/{last['handover_id']}/{what}", **how)


async def decide(routing: Routing, person: PersonRegistered, municipality: str) -> None:
    ruling = {"municipality": municipality, "reason": "Talte med søsteren"}
    await routing.answer("POST", f"/triage/{person.registration_id}/resolve", json=ruling)


async def test_a_resolved_case_is_offered_with_its_record_in_the_same_breath(routing: Routing) -> None:
    person = await resolved(routing)

    assert await told(routing, person) == ["HandoverOffered", "PersonalDataPassedOn"]
    offered, passed = (await routing.said_of(person.registration_id))[1:]
    assert (offered.authority, offered.exercise, offered.answer_by) == ("0751", True, AT + 24 * HOUR)
    assert offered.consent_id == passed.consent_id == person.consents[0].consent_id
    assert (passed.authority, passed.actor, passed.field_sets) == ("0751", "routing", ("contact",))
    [row] = await handovers(routing, person, "?state=offered&authority=0751")
    assert (row["region"], row["overdue"], row["exercise"]) == ("1082", False, True)
    assert await counted(routing, person.incident_id) == {"offered": 1}
    assert await responsible(routing, person) == ("event_authority", None)


async def test_everything_told_twice_offers_once(routing: Routing) -> None:
    person = await resolved(routing)

    await routing.tell(person, person)
    await routing.work.round()
    await routing.tell(ConsentGiven(**of(person), consent=person.consents[0]))

    assert await states(routing, person) == [("0751", "offered")]


async def test_without_a_consent_the_case_stands_as_not_passed_on_until_there_is_one(
    routing: Routing,
) -> None:
    nobody, others = await resolved(routing, consent(AT, "0163")), await resolved(routing, consent(days=0))
    late = ConsentGiven(**of(nobody), consent=consent(AT + HOUR))

    before = [await states(routing, person) for person in (nobody, others)]
    await routing.tell(late)

    assert before == [[("0751", "not_passed_on")], [("0751", "not_passed_on")]]
    assert await told(routing, others) == []
    assert await states(routing, nobody) == [("0751", "offered")]
    assert await counted(routing, others.incident_id) == {"not_passed_on": 1}


async def test_accepting_moves_the_responsibility_once_however_often_it_is_said(routing: Routing) -> None:
    person = await resolved(routing)
    [offer] = await handovers(routing, person)

    said = [
        await routing.ask("POST", f"/handovers/{offer['handover_id']}/accept", by=name)
        for name in ("Kira", "Bo")
    ]

    assert [one.json()["state"] for one in said] == ["accepted", "accepted"]
    assert said[0].json() == said[1].json()
    assert await told(routing, person) == ["HandoverOffered", "PersonalDataPassedOn", "HandoverAccepted"]
    assert await responsible(routing, person) == ("authority", "0751")
    late = await routing.ask("POST", f"/handovers/{offer['handover_id']}/refuse", json=WHY)
    assert (late.status_code, late.json()["type"]) == (409, "urn:folgeskab:handover-accepted")


async def test_two_who_answer_at_once_get_one_answer(routing: Routing) -> None:
    person = await resolved(routing)
    [offer] = await handovers(routing, person)
    path = f"/handovers/{offer['handover_id']}"

    said = await asyncio.gather(
        routing.ask("POST", f"{path}/accept"), routing.ask("POST", f"{path}/refuse", json=WHY)
    )

    assert sorted(one.status_code for one in said) == [200, 409]
    assert len(await told(routing, person)) == 3


async def test_what_is_refused_waits_for_a_person_and_does_not_loop(routing: Routing) -> None:
    person = await resolved(routing)
    await answer(routing, person, "refuse", json=WHY)
    queued = await routing.triage(person.incident_id)
    holder = await responsible(routing, person)

    await routing.tell(ConsentGiven(**of(person), consent=consent(AT + HOUR)))
    by_rule = await states(routing, person)
    await decide(routing, person, "0751")
    again = await states(routing, person)
    await answer(routing, person, "refuse", json=WHY)

    assert queued == {person.registration_id: ("handover", "not_our_resident")}
    assert holder == ("triage_queue", "handover")
    assert by_rule == [("0751", "refused")]
    assert again == [("0751", "refused"), ("0751", "offered")]
    assert await states(routing, person) == [("0751", "refused"), ("0751", "refused")]
    assert await routing.triage(person.incident_id) == queued
    assert await counted(routing, person.incident_id) == {"refused": 1}


async def test_a_refused_case_stays_in_the_queue_when_it_is_decided_again_by_rule(routing: Routing) -> None:
    routing.clock.at = datetime.now(UTC) - HOUR
    person = await resolved(routing)
    await answer(routing, person, "refuse", json=WHY)
    [before] = await routing.answer("GET", f"/incidents/{person.incident_id}/triage")
    correction = PersonCorrected(
        **of(person), role=person.role, language="da", age_band=person.age_band, channels=(),
        contact=person.contact, changed=("addresses",), corrected_at=AT,
    )  # fmt: skip
    await routing.tell(correction)

    await routing.work.round()

    [after] = await routing.answer("GET", f"/incidents/{person.incident_id}/triage")
    assert (after["queue"], after["since"]) == ("handover", before["since"])
    assert await states(routing, person) == [("0751", "refused")]


async def test_who_moves_is_offered_anew_and_the_first_answers_until_the_second_accepts(
    routing: Routing,
) -> None:
    asked, taken = await resolved(routing), await resolved(routing)
    await answer(routing, taken, "accept")

    for person in (asked, taken):
        await decide(routing, person, "0163")
    between = await responsible(routing, taken)
    accepted = await answer(routing, taken, "accept")

    assert await states(routing, asked) == [("0751", "called_off"), ("0163", "offered")]
    assert await responsible(routing, asked) == ("event_authority", None)
    assert (between, accepted["authority"]) == (("authority", "0751"), "0163")
    assert await states(routing, taken) == [("0751", "called_off"), ("0163", "accepted")]
    assert await responsible(routing, taken) == ("authority", "0163")


async def test_withdrawal_restriction_merging_and_forgetting_call_off_whatever_was_answered(
    routing: Routing,
) -> None:
    stops: list[tuple[str, Any]] = [
        ("consent_ended", withdrawn),
        ("consent_ended", lambda p: ConsentsRestated(**of(p), consents=(), restated_at=AT + HOUR)),
        ("restricted", lambda p: ContactBarred(**of(p), reason=BarReason.RESTRICTED, barred_at=AT + HOUR)),
        ("merged", lambda p: PersonMerged(**of(p), into=new_id(), merged_at=AT + HOUR)),
        ("forgotten", forgotten),
    ]
    for why, stop in stops:
        for accepted in (False, True):
            person = await resolved(routing)
            if accepted:
                await answer(routing, person, "accept")

            await routing.tell(stop(person), stop(person))

            [row] = [row for row in await handovers(routing, person) if row["handover_id"]]
            assert (row["state"], row["call_off"]) == ("called_off", why)
            assert (await told(routing, person)).count("HandoverCalledOff") == 1
            assert (await responsible(routing, person))[0] != "authority"
            gone = await routing.ask("POST", f"/handovers/{row['handover_id']}/accept")
            assert (gone.status_code, why in gone.json()["title"]) == (409, True)


async def test_a_restriction_that_is_lifted_and_a_merge_that_is_undone_offer_anew(routing: Routing) -> None:
    barred, merged = await resolved(routing), await resolved(routing)
    await routing.tell(
        ContactBarred(**of(barred), reason=BarReason.RESTRICTED, barred_at=AT + HOUR),
        PersonMerged(**of(merged), into=new_id(), merged_at=AT + HOUR),
    )

    await routing.tell(
        ContactBarLifted(**of(barred), reason=BarReason.RESTRICTED, lifted_at=AT + 2 * HOUR),
        PersonUnmerged(**of(merged), out_of=new_id(), unmerged_at=AT + 2 * HOUR),
    )
    await routing.work.round()

    for person in (barred, merged):
        assert await states(routing, person) == [("0751", "called_off"), ("0751", "offered")]


async def test_facts_in_any_order_and_twice_end_in_the_same_place(routing: Routing) -> None:
    dice = random.Random(5)
    for _ in range(6):
        person = await routing.person(incident_id(), addresses=[AARHUS])
        person = person.model_copy(update={"consents": (consent(),)})
        facts: list[Event] = [
            person,
            withdrawn(person, AT + HOUR),
            ConsentGiven(**of(person), consent=consent(AT + 2 * HOUR)),
            ContactBarred(**of(person), reason=BarReason.RESTRICTED, barred_at=AT + HOUR),
            ContactBarLifted(**of(person), reason=BarReason.RESTRICTED, lifted_at=AT + 2 * HOUR),
        ] * 2
        dice.shuffle(facts)

        for start in range(0, len(facts), 3):
            await routing.tell(*facts[start : start + 3])
            await routing.work.round()

        assert (await states(routing, person))[-1] == ("0751", "offered")
        assert await counted(routing, person.incident_id) == {"offered": 1}


async def test_a_call_that_reached_the_person_is_the_first_contact(routing: Routing) -> None:
    taken, unanswered, missed = [await resolved(routing) for _ in range(3)]
    await answer(routing, taken, "accept")
    calls = [
        called(taken, CallOutcome.SPOKE), called(unanswered, CallOutcome.DECLINED),
        called(missed, CallOutcome.NO_ANSWER), called(missed, CallOutcome.SPOKE, "0163"),
    ]  # fmt: skip

    await routing.tell(*calls)
    await routing.tell(*calls)

    assert await states(routing, taken) == [("0751", "contacted")]
    assert (await told(routing, taken)).count("FirstContactMade") == 1
    assert "FirstContactMade" not in await told(routing, missed)
    assert await states(routing, unanswered) == [("0751", "offered")]
    assert (await answer(routing, unanswered, "accept"))["state"] == "contacted"
    assert (await told(routing, unanswered)).count("FirstContactMade") == 1


async def test_the_first_contact_is_said_by_hand_after_accepting_and_not_in_the_future(
    routing: Routing,
) -> None:
    person = await resolved(routing)
    [offer] = await handovers(routing, person)
    path = f"/handovers/{offer['handover_id']}/first-contact"

    early = await routing.ask("POST", path)
    await answer(routing, person, "accept")
    tomorrow = await routing.ask("POST", path, json={"at": (AT + 24 * HOUR).isoformat()})
    made = [await routing.answer("POST", path), await routing.answer("POST", path)]

    assert (early.status_code, tomorrow.status_code) == (409, 422)
    assert [one["state"] for one in made] == ["contacted", "contacted"]
    assert (await told(routing, person)).count("FirstContactMade") == 1
    assert await counted(routing, person.incident_id) == {"contacted": 1}


async def test_nobody_knows_a_handover_that_never_was(routing: Routing) -> None:
    for what, body in (("accept", None), ("refuse", WHY), ("first-contact", None)):
        unknown = await routing.ask("POST", f"/handovers/{new_id()}/{what}", json=body)
        assert unknown.status_code == 404
    assert (await routing.ask("GET", f"/registrations/{new_id()}/responsible")).status_code == 404


def escalation(routing: Routing, batch: int = 100) -> Escalating:
    return Escalating(routing.database, routing.directory, routing.clock, USUAL_RULES, batch=batch)


async def test_each_late_step_is_told_to_the_region_once(routing: Routing) -> None:
    person, quiet = await resolved(routing), await resolved(routing)
    await routing.tell(ContactBarred(**of(quiet), reason=BarReason.DO_NOT_CONTACT, barred_at=AT + HOUR))
    await answer(routing, quiet, "accept")

    async def rounds() -> list[Any]:
        for _ in range(2):
            await asyncio.gather(*(escalation(routing).round() for _ in range(3)))
        events = await routing.said_of(person.registration_id)
        return [event for event in events if type(event).__name__ == "HandoverEscalated"]

    routing.clock.at = AT + 23 * HOUR
    in_time = await rounds()
    routing.clock.at = AT + 24 * HOUR
    [unanswered] = await rounds()
    [row] = await handovers(routing, person)
    await answer(routing, person, "accept")
    after_the_answer = (await handovers(routing, person))[0]["overdue"]
    routing.clock.at = AT + 24 * 5 * HOUR
    [_, uncontacted] = await rounds()

    assert in_time == []
    assert (unanswered.step, unanswered.region, unanswered.due_at) == (
        "acceptance", "1082", AT + 24 * HOUR,
    )  # fmt: skip
    assert (row["overdue"], after_the_answer) == (True, False)
    assert uncontacted.step == "first_contact"
    assert "HandoverEscalated" not in await told(routing, quiet)
    assert not (await handovers(routing, quiet))[0]["overdue"]
    await Measuring(routing.database).round()
    assert metrics.HANDOVERS_OVERDUE.labels("first_contact", "yes")._value.get() >= 1


async def test_an_offer_whose_consent_expires_unanswered_is_called_off(routing: Routing) -> None:
    person = await resolved(routing, consent(days=10))
    routing.clock.at = AT + timedelta(days=10)

    await escalation(routing).expired()

    [row] = [row for row in await handovers(routing, person) if row["handover_id"]]
    assert (row["state"], row["call_off"]) == ("called_off", "consent_ended")
    assert await counted(routing, person.incident_id) == {"not_passed_on": 1}


async def test_a_thousand_cases_are_offered_in_one_round_and_add_up(routing: Routing) -> None:
    incident, people = incident_id(), []
    for number in range(1000):
        person = await routing.person(incident, addresses=[AARHUS if number % 2 else HERLEV])
        people.append(person.model_copy(update={"consents": (consent(),) if number % 10 else ()}))
    await routing.tell(*people)

    await routing.worker(batch=1000).round()

    assert await counted(routing, incident) == {"offered": 900, "not_passed_on": 100}
    offered = await routing.answer("GET", f"/incidents/{incident}/handovers?state=offered&authority=0163")
    assert len(offered) == 400


async def test_the_event_authority_answers_until_somebody_at_home_does(routing: Routing) -> None:
    person = await resolved(routing)

    await routing.tell(
        IncidentOpened(
            incident_id=person.incident_id, exercise=True, name="Togulykke", kind=IncidentKind.TRANSPORT,
            place="Aarhus H", started_at=AT, event_authority=AuthorityId("0751"),
        )
    )  # fmt: skip

    assert await responsible(routing, person) == ("event_authority", "0751")


async def test_a_crash_before_the_commit_leaves_neither_decision_nor_offer(routing: Routing) -> None:
    person = await registered(routing)
    claims = await routing.work.claim()
    blocked = "alter table handover add constraint no_offers check (state <> 'offered') not valid"
    async with routing.database.transaction() as session:
        await session.run(blocked)

    with pytest.raises(asyncpg.CheckViolationError, match="no_offers"):
        await routing.work.work(claims)
    async with routing.database.transaction() as session:
        await session.run("alter table handover drop constraint no_offers")
    said = await routing.said_of(person.registration_id)
    await routing.work.work(claims)

    assert said == []
    assert await told(routing, person) == ["HandoverOffered", "PersonalDataPassedOn"]
    assert await states(routing, person) == [("0751", "offered")]
