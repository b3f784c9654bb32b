"""Greenland, the Faroes, abroad and no fixed abode end with an outcome by a person, and in no queue."""

from typing import Any

import pytest

from contracts.events.registration import IncidentOpened, PersonRegistered
from contracts.events.vocabulary import CalledOffReason, ClosedReason, Contactability
from tests.integration.routing.cases import all_rounds, corrected
from tests.integration.routing.handovers import answer, consent, counted, responsible, states
from tests.integration.routing.test_unknown_authorities import said
from tests.unit.routing.cases import at
from tests.unit.routing.running import Routing, incident_id

ABROAD = {
    "greenland": at("0956", postcode="3900"),
    "faroes": at(postcode="100", country="FO"),
    "abroad": at(country="DE"),
    "no fixed abode": at(),
}
WHY = "Talte med personen i telefonen"


async def in_triage(routing: Routing, address: Any, *event_authorities: str) -> PersonRegistered:
    incident = incident_id()
    if event_authorities:
        await routing.tell(IncidentOpened(**said(incident, *event_authorities)))
    person = await routing.person(incident, addresses=[address])
    person = person.model_copy(update={"consents": (consent(),)})
    await routing.tell(person)
    await all_rounds(routing)
    assert await routing.buckets(incident) == {"triage": 1}
    return person


async def ruled(routing: Routing, person: PersonRegistered, **ruling: str) -> Any:
    path = f"/triage/{person.registration_id}/resolve"
    return await routing.ask("POST", path, json={"reason": WHY} | ruling)


@pytest.mark.parametrize("where", ABROAD)
async def test_the_authority_where_it_happened_may_follow_up_and_waves_reach_the_person(
    routing: Routing, where: str
) -> None:
    person = await in_triage(routing, ABROAD[where], "0751")

    found = (await ruled(routing, person, outcome="event_authority")).json()
    await answer(routing, person, "accept")

    last = [e for e in await routing.said_of(person.registration_id) if "Resolved" in type(e).__name__][-1]
    assert (found["state"], found["municipality"]) == ("resolved", "0751")
    assert (last.municipality, last.acting, last.covered_by) == ("0751", "0751", ("0751", "1082"))
    assert (last.contactability, last.reason) == (Contactability.OPEN, "event_authority")
    assert await routing.triage(person.incident_id) == {}
    assert await responsible(routing, person) == ("authority", "0751")


async def test_a_region_where_it_happened_holds_the_case_also_when_it_is_decided_again(
    routing: Routing,
) -> None:
    person = await in_triage(routing, ABROAD["greenland"], "1082")
    await ruled(routing, person, outcome="event_authority")

    await routing.answer(
        "POST", "/reresolution", json={"incident_id": str(person.incident_id), "why": "Ny udgave"}
    )
    while await routing.reopening.round():
        await all_rounds(routing)

    decided = [e for e in await routing.said_of(person.registration_id) if "Resolved" in type(e).__name__]
    assert [(e.municipality, e.region, e.acting, e.reason) for e in decided] == [
        ("1082", None, "1082", "event_authority"), ("1082", None, "1082", "event_authority"),
    ]  # fmt: skip
    assert await states(routing, person) == [("1082", "offered")]


@pytest.mark.parametrize(
    ("ruling", "reason"),
    [
        ({"outcome": "foreign_follow_up", "follow_up": "Landslægen i Nuuk"}, ClosedReason.FOREIGN_FOLLOW_UP),
        ({"outcome": "closed"}, ClosedReason.CLOSED),
    ],
)
async def test_a_case_is_closed_with_a_reason_and_is_in_no_queue(
    routing: Routing, ruling: dict[str, str], reason: ClosedReason
) -> None:
    person = await in_triage(routing, ABROAD["greenland"])

    found = (await ruled(routing, person, **ruling)).json()

    last = (await routing.said_of(person.registration_id))[-1]
    assert (found["state"], last.closed, last.queue) == ("closed", reason, "")
    assert await routing.triage(person.incident_id) == {}
    assert await routing.buckets(person.incident_id) == {"closed": 1}
    assert await counted(routing, person.incident_id) == {"closed": 1}
    assert await responsible(routing, person) == ("closed", None)
    path = f"/registrations/{person.registration_id}"
    [_, decision] = await routing.answer("GET", f"{path}/decisions")
    assert (decision["outcome"], WHY in decision["reason"]) == ("closed", True)
    assert ruling.get("follow_up", "") in decision["reason"]
    explained = await routing.answer("GET", f"{path}/explanation?language=en")
    assert any("a person has" in one.lower() for one in explained["sentences"])


async def test_a_closed_case_keeps_closed_until_facts_change_or_a_person_decides(routing: Routing) -> None:
    one, other = [await in_triage(routing, ABROAD["abroad"]) for _ in range(2)]
    for person in (one, other):
        await ruled(routing, person, outcome="closed")
        asked = {"incident_id": str(person.incident_id), "why": "Ny udgave af registeret"}
        await routing.answer("POST", "/reresolution", json=asked)
    while await routing.reopening.round():
        await all_rounds(routing)
    before = [await routing.buckets(person.incident_id) for person in (one, other)]

    await routing.tell(await corrected(routing, one, at("0751", postcode="8000")))
    await all_rounds(routing)
    await ruled(routing, other, municipality="0751")

    assert before == [{"closed": 1}, {"closed": 1}]
    for person in (one, other):
        assert await states(routing, person) == [("0751", "offered")]


async def test_closing_calls_off_what_was_offered(routing: Routing) -> None:
    person = await in_triage(routing, ABROAD["abroad"], "0751")
    await ruled(routing, person, outcome="event_authority")

    await ruled(routing, person, outcome="foreign_follow_up", follow_up="Bundesamt")

    [off] = [e for e in await routing.said_of(person.registration_id) if "CalledOff" in type(e).__name__]
    assert off.reason is CalledOffReason.CLOSED
    assert await states(routing, person) == [("0751", "called_off")]


@pytest.mark.parametrize(
    ("ruling", "field"),
    [
        ({}, "municipality"),
        ({"outcome": "event_authority"}, "outcome"),  # the incident names none
        ({"outcome": "foreign_follow_up"}, "follow_up"),
        ({"outcome": "closed", "municipality": "0751"}, "municipality"),
        ({"municipality": "0956"}, "municipality"),
    ],
)
async def test_a_ruling_that_says_too_little_or_too_much_is_refused_with_what_to_do(
    routing: Routing, ruling: dict[str, str], field: str
) -> None:
    person = await in_triage(routing, ABROAD["greenland"])

    refused = await ruled(routing, person, **ruling)

    assert refused.status_code == 422
    assert [one["field"] for one in refused.json()["errors"]] == [field]
    assert await routing.buckets(person.incident_id) == {"triage": 1}


async def test_no_home_is_suggested_that_is_refused(routing: Routing) -> None:
    person = await in_triage(routing, ABROAD["greenland"])

    [row] = await routing.answer("GET", f"/incidents/{person.incident_id}/triage")

    assert row["candidates"] == []
