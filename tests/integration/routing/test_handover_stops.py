"""What stops a handover, and where it goes on: moves, withdrawals, bars, merges, forgetting."""

import random
from datetime import timedelta
from typing import Any

import asyncpg
import pytest

from contracts.events.registration import (
    ConsentGiven,
    ConsentsRestated,
    ContactBarLifted,
    ContactBarred,
    PersonMerged,
    PersonUnmerged,
)
from contracts.events.vocabulary import BarReason
from contracts.wire.event import Event
from kit.runtime.ids import new_id
from services.routing.domain.deadlines import DEFAULT_DEADLINES
from services.routing.workers.escalation import EscalationWorker
from tests.integration.routing.handovers import (
    AARHUS,
    HOUR,
    answer,
    consent,
    counted,
    decide,
    handovers,
    of,
    resolved,
    responsible,
    states,
    told,
    withdrawn,
)
from tests.unit.routing.running import AT, Routing, forgotten, incident_id


def escalation(routing: Routing, batch: int = 100) -> EscalationWorker:
    return EscalationWorker(
        routing.database, routing.directory, routing.clock, DEFAULT_DEADLINES, batch=batch
    )


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
    for _ in range(12):
        person = await routing.person(incident_id(), addresses=[AARHUS])
        person = person.model_copy(update={"consents": (consent(),)})
        facts: list[Event] = [
            person,
            withdrawn(person, AT + HOUR),
            ConsentGiven(**of(person), consent=consent(AT + 2 * HOUR)),
            ContactBarred(**of(person), reason=BarReason.RESTRICTED, barred_at=AT + HOUR),
            ContactBarLifted(**of(person), reason=BarReason.RESTRICTED, lifted_at=AT + 2 * HOUR),
            PersonMerged(**of(person), into=new_id(), merged_at=AT + HOUR),
            PersonUnmerged(**of(person), out_of=new_id(), unmerged_at=AT + 2 * HOUR),
        ] * 2
        dice.shuffle(facts)

        for start in range(0, len(facts), 3):
            await routing.tell(*facts[start : start + 3])
            await routing.work.round()

        assert (await states(routing, person))[-1] == ("0751", "offered")
        assert await counted(routing, person.incident_id) == {"offered": 1}


async def test_a_batch_that_fails_half_way_leaves_nothing_and_comes_again(routing: Routing) -> None:
    person = await resolved(routing)
    async with routing.database.transaction() as session:
        await session.execute(
            "alter table handover add constraint no_end check (state <> 'called_off') not valid"
        )

    with pytest.raises(asyncpg.CheckViolationError, match="no_end"):
        await routing.tell(withdrawn(person))
    async with routing.database.transaction() as session:
        await session.execute("alter table handover drop constraint no_end")
    between = await states(routing, person)
    await routing.tell(withdrawn(person))

    assert between == [("0751", "offered")]
    assert (await told(routing, person)).count("HandoverCalledOff") == 1
    assert await counted(routing, person.incident_id) == {"not_passed_on": 1}


async def test_an_offer_whose_consent_expires_unanswered_is_called_off(routing: Routing) -> None:
    person = await resolved(routing, consent(days=10))
    routing.clock.at = AT + timedelta(days=10)

    await escalation(routing).expired()

    [row] = [row for row in await handovers(routing, person) if row["handover_id"]]
    assert (row["state"], row["call_off"]) == ("called_off", "consent_ended")
    assert await counted(routing, person.incident_id) == {"not_passed_on": 1}
