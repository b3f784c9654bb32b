"""An authority that has accepted a case stays responsible while the person has no home authority."""

from datetime import timedelta
from typing import Any

from contracts.events.registration import PersonRegistered
from contracts.events.routing import FirstContactMade, HomeAuthorityResolved, HomeAuthorityUnresolved
from contracts.events.vocabulary import CallOutcome
from tests.integration.routing.cases import SPANS, all_rounds, corrected
from tests.integration.routing.handovers import (
    HERLEV,
    WHY,
    answer,
    called,
    decide,
    resolved,
    responsible,
    withdrawn,
)
from tests.unit.routing.running import AT, Routing


async def last_home(routing: Routing, person: PersonRegistered) -> Any:
    kinds = HomeAuthorityResolved | HomeAuthorityUnresolved
    return [e for e in await routing.said_of(person.registration_id) if isinstance(e, kinds)][-1]


async def moves(routing: Routing, person: PersonRegistered, address: Any, minutes: int = 0) -> None:
    await routing.tell(await corrected(routing, person, address, when=AT + timedelta(minutes=minutes)))
    await all_rounds(routing)


async def accepted(routing: Routing) -> PersonRegistered:
    person = await resolved(routing)
    await answer(routing, person, "accept")
    return person


async def test_an_unresolved_home_names_the_authority_that_has_accepted(routing: Routing) -> None:
    person = await accepted(routing)

    await moves(routing, person, SPANS)

    event = await last_home(routing, person)
    assert isinstance(event, HomeAuthorityUnresolved)
    assert (event.held_by, set(event.covered_by) >= {"0751", "1082"}) == ("0751", True)
    assert await responsible(routing, person) == ("authority", "0751")


async def test_an_offer_without_a_reply_names_no_holder(routing: Routing) -> None:
    person = await resolved(routing)

    await moves(routing, person, SPANS)

    event = await last_home(routing, person)
    assert (event.held_by, event.covered_by) == (None, ())


async def test_a_refusal_names_the_authority_that_had_accepted_before(routing: Routing) -> None:
    person = await accepted(routing)
    await moves(routing, person, HERLEV)

    await answer(routing, person, "refuse", json=WHY)
    await moves(routing, person, HERLEV, minutes=5)

    homes = [
        e for e in await routing.said_of(person.registration_id) if isinstance(e, HomeAuthorityUnresolved)
    ]
    assert [(e.queue, e.held_by) for e in homes] == [("handover", "0751")] * 2


async def test_a_closed_case_has_no_holder(routing: Routing) -> None:
    person = await accepted(routing)
    await moves(routing, person, SPANS)

    ruling = {"outcome": "closed", "reason": "Har ingen brug for opfølgning"}
    await routing.answer("POST", f"/triage/{person.registration_id}/resolve", json=ruling)

    event = await last_home(routing, person)
    assert (event.closed, event.held_by) == ("closed", None)


async def test_the_home_is_reported_again_when_the_holder_ends_with_the_consent(routing: Routing) -> None:
    person = await accepted(routing)
    await moves(routing, person, SPANS)
    before = await last_home(routing, person)

    await routing.tell(withdrawn(person))

    after = await last_home(routing, person)
    assert (before.held_by, after.held_by, after.queue) == ("0751", None, before.queue)
    assert after.decided_at >= before.decided_at


async def test_a_withdrawal_with_a_home_reports_no_home_again(routing: Routing) -> None:
    person = await accepted(routing)
    before = await last_home(routing, person)

    await routing.tell(withdrawn(person))

    assert await last_home(routing, person) == before


async def test_a_decision_of_an_official_ends_the_time_of_the_holder(routing: Routing) -> None:
    person = await accepted(routing)
    await moves(routing, person, SPANS)

    await decide(routing, person, "0163")

    assert isinstance(await last_home(routing, person), HomeAuthorityResolved)


async def test_a_call_of_the_holder_is_its_first_contact_after_a_refusal_elsewhere(routing: Routing) -> None:
    person = await accepted(routing)
    await moves(routing, person, HERLEV)
    await answer(routing, person, "refuse", json=WHY)
    call = called(person, CallOutcome.SPOKE, "0163").model_copy(update={"authority": "0751"})

    await routing.tell(call)

    assert [
        e.authority for e in await routing.said_of(person.registration_id) if isinstance(e, FirstContactMade)
    ] == ["0751"]
