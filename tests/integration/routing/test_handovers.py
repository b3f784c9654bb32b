"""Handing cases over to the authority at home, on a real database: offered, answered, once."""

import asyncio
from datetime import UTC, datetime

import asyncpg
import pytest

from contracts.events.ids import AuthorityId
from contracts.events.registration import ConsentGiven, IncidentOpened, PersonCorrected, PersonRegistered
from contracts.events.vocabulary import CallOutcome, IncidentKind
from kit.runtime.ids import new_id
from tests.integration.routing.handovers import (
    AARHUS,
    HERLEV,
    HOUR,
    WHY,
    answer,
    called,
    consent,
    counted,
    decide,
    handovers,
    of,
    registered,
    resolved,
    responsible,
    states,
    told,
)
from tests.unit.routing.running import AT, Routing, incident_id


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
    held = await routing.answer("GET", f"/registrations/{person.registration_id}/responsible")
    assert (held["authority"], held["name"]) == ("0751", "Aarhus Kommune")
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
    nowhere = await routing.ask(
        "POST", f"/handovers/{(await handovers(routing, person))[0]['handover_id']}/refuse",
        json=WHY | {"municipality": "9999"},
    )  # fmt: skip
    await answer(routing, person, "refuse", json=WHY | {"municipality": "0163"})
    queued = await routing.triage(person.incident_id)
    [row] = await routing.answer("GET", f"/incidents/{person.incident_id}/triage")
    holder = await responsible(routing, person)

    await routing.tell(ConsentGiven(**of(person), consent=consent(AT + HOUR)))
    by_rule = await states(routing, person)
    await decide(routing, person, "0751")
    again = await states(routing, person)
    await answer(routing, person, "refuse", json=WHY)

    assert queued == {person.registration_id: ("handover", "not_our_resident")}
    assert (nowhere.status_code, row["candidates"]) == (422, ["0163"])
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


async def test_a_thousand_cases_are_offered_in_one_round_and_add_up(routing: Routing) -> None:
    incident, people = incident_id(), []
    for number in range(1000):
        person = await routing.person(incident, addresses=[AARHUS if number % 2 else HERLEV])
        people.append(person.model_copy(update={"consents": (consent(),) if number % 10 else ()}))
    await routing.tell(*people)

    await routing.worker(batch=1000).round()

    assert await counted(routing, incident) == {"offered": 900, "not_passed_on": 100}
    path = f"/incidents/{incident}/handovers"
    herlev = await routing.answer("GET", f"{path}?state=offered&authority=0163")
    midtjylland = await routing.answer("GET", f"{path}?region=1082")
    stuck = await routing.answer("GET", f"{path}?state=not_passed_on")
    assert [len(rows) for rows in (herlev, midtjylland, stuck)] == [400, 500, 100]
    taken = await routing.answer("POST", f"{path}/accept", json={"authority": "0163"})
    again = await routing.answer("POST", f"{path}/accept", json={"authority": "0163"})
    assert [(one["accepted"], one["left"]) for one in (taken, again)] == [(400, 0), (0, 0)]
    assert await counted(routing, incident) == {"accepted": 400, "offered": 500, "not_passed_on": 100}


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
        await session.execute(blocked)

    with pytest.raises(asyncpg.CheckViolationError, match="no_offers"):
        await routing.work.work(claims)
    async with routing.database.transaction() as session:
        await session.execute("alter table handover drop constraint no_offers")
    said = await routing.said_of(person.registration_id)
    await routing.work.work(claims)

    assert said == []
    assert await told(routing, person) == ["HandoverOffered", "PersonalDataPassedOn"]
    assert await states(routing, person) == [("0751", "offered")]


async def test_who_was_refused_has_no_home_authority_until_a_person_has_decided_anew(
    routing: Routing,
) -> None:
    """Outreach moves open work with the person: nothing stays on the list of the authority that refused."""
    person = await resolved(routing)
    await answer(routing, person, "refuse", json=WHY)
    asked = {"incident_id": str(person.incident_id), "why": "Ny udgave af registeret"}
    await routing.answer("POST", "/reresolution", json=asked)
    while await routing.reopening.round() or await routing.work.round():
        pass

    before = await decided_of(routing, person)
    await decide(routing, person, "0751")

    assert before == [("0751", None), (None, "handover"), (None, "handover")]
    assert await decided_of(routing, person) == [*before, ("0751", None)]
    assert await states(routing, person) == [("0751", "refused"), ("0751", "offered")]


async def decided_of(routing: Routing, person: PersonRegistered) -> list[tuple[str | None, str | None]]:
    """Give the acting authority of each decision told, or the queue."""
    told_ = [e for e in await routing.said_of(person.registration_id) if type(e).__name__.startswith("Home")]
    return [(getattr(e, "acting", None), getattr(e, "queue", None)) for e in told_]
