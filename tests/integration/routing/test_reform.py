"""On the day an authority ends its successor takes over by law: cases, consents, contact points."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from contracts.events.registration import PersonRegistered
from contracts.events.routing import HomeAuthorityResolved, HomeAuthorityUnresolved
from kit.database.database import Database
from services.routing.authorities.files import FILE_NAMES
from services.routing.register.sf1520 import Sf1520Register, Sf1520Settings
from tests.conftest import Databases
from tests.integration.routing.cases import SPANS, corrected
from tests.integration.routing.handovers import (
    HOUR,
    answer,
    consent,
    decide,
    handovers,
    registered,
    resolved,
    responsible,
    states,
    told,
)
from tests.integration.routing.test_authorities import changed, row_of, send
from tests.unit.routing.cases import REFORM, at
from tests.unit.routing.running import AT, Routing, incident_id

EAST, OLD = "region-oestdanmark", "1084"
COPENHAGEN = at("0101")


def delegating(rows: list[dict[str, str]]) -> None:
    row_of(rows, "id", "0101").update(delegates_to=OLD)


@pytest.fixture
async def routing(databases: Databases) -> AsyncIterator[Routing]:
    """Copenhagen has delegated to its region, which ends in half an hour."""
    database, keys = (
        Database(await databases.migrate("routing"), name="routing-test"),
        databases.keyring("registration"),
    )
    async with database.transaction() as session:
        await session.execute(
            "truncate authority_now, authority_row, authority_membership, authority_postcode"
        )
        await session.execute("truncate authority_version cascade")
        await session.execute("truncate home_case, standing, handover")
    async with Sf1520Register(Sf1520Settings("http://127.0.0.1:1/", attempts=1)) as client:
        made = Routing(database, keys, client)
        await send(made, changed(FILE_NAMES[0], delegating), dry_run=False)
        yield made
    await keys.close()
    await database.close()


async def reform(routing: Routing) -> None:
    """Let the day come. A register that is away is asked five times at most."""
    routing.clock.at = AT + HOUR
    while await routing.reopening.round():
        pass
    for _ in range(5):
        await routing.work.round()


async def explained(routing: Routing, person: PersonRegistered, on: Any, language: str = "en") -> Any:
    path = f"/registrations/{person.registration_id}/explanation?language={language}&on={on}"
    return await routing.answer("GET", path)


async def test_the_successor_takes_over_what_was_accepted_and_nobody_accepts_anew(routing: Routing) -> None:
    person = await resolved(routing, consent(AT, OLD), address=COPENHAGEN)
    await answer(routing, person, "accept")
    before = await told(routing, person)

    await reform(routing)

    assert await states(routing, person) == [(EAST, "accepted")]
    assert await responsible(routing, person) == ("authority", EAST)
    assert await told(routing, person) == before
    last = (await routing.said_of(person.registration_id))[-1]
    assert (last.acting, OLD in last.covered_by) == (EAST, True)


async def test_an_offer_goes_over_to_the_successor_which_answers_it(routing: Routing) -> None:
    person = await resolved(routing, consent(AT, OLD), address=COPENHAGEN)
    [offered] = await handovers(routing, person)

    await reform(routing)
    found = await routing.answer(
        "POST", f"/incidents/{person.incident_id}/handovers/accept", json={"authority": EAST}
    )

    [row] = await handovers(routing, person, f"?authority={EAST}")
    assert (found["accepted"], row["handover_id"], row["succeeds"]) == (1, offered["handover_id"], OLD)
    assert row["answer_by"] == offered["answer_by"]


async def test_it_takes_effect_also_while_the_register_does_not_answer(routing: Routing) -> None:
    person = await routing.person(incident_id(), "0101585018", addresses=[COPENHAGEN])
    await routing.tell(person.model_copy(update={"consents": (consent(AT, OLD),)}))
    ruling = {"municipality": "0101", "reason": "Talte med søsteren"}
    await routing.answer("POST", f"/triage/{person.registration_id}/resolve", json=ruling)
    await answer(routing, person, "accept")

    routing.clock.at = AT + HOUR
    while await routing.reopening.round():
        pass

    assert await states(routing, person) == [(EAST, "accepted")]


async def test_the_successor_is_told_as_home_while_the_register_does_not_answer(routing: Routing) -> None:
    person = await routing.person(incident_id(), "0101585018", addresses=[COPENHAGEN])
    await routing.tell(person.model_copy(update={"consents": (consent(AT, OLD),)}))
    await decide(routing, person, "0101")

    await reform(routing)

    homes = [e for e in await routing.said_of(person.registration_id) if isinstance(e, HomeAuthorityResolved)]
    before, after = homes
    assert (before.acting, after.acting, after.municipality) == (OLD, EAST, "0101")
    assert (after.region, OLD in after.covered_by, after.on.isoformat()) == (EAST, True, "2027-01-01")
    assert (after.contactability, after.decided_at > before.decided_at) == (before.contactability, True)
    said = await explained(routing, person, "2027-01-08")
    assert any(one.startswith("The authority that was responsible has ended") for one in said["sentences"])
    assert await routing.buckets(person.incident_id) == {"register_away": 1}


async def test_an_authority_that_refused_is_not_told_as_home_by_its_successor(routing: Routing) -> None:
    person = await resolved(routing, consent(AT), address=COPENHAGEN)
    await answer(routing, person, "refuse", json={"reason": "no_capacity", "why": "Ingen folk"})

    routing.clock.at = AT + HOUR
    while await routing.reopening.round():
        pass

    last = (await routing.said_of(person.registration_id))[-1]
    assert isinstance(last, HomeAuthorityUnresolved)


async def test_who_refused_has_refused_for_its_successor(routing: Routing) -> None:
    person = await resolved(routing, consent(AT), address=COPENHAGEN)
    await answer(routing, person, "refuse", json={"reason": "no_capacity", "why": "Ingen folk"})

    await reform(routing)

    assert await states(routing, person) == [(OLD, "refused")]
    assert await responsible(routing, person) == ("triage_queue", "handover")


async def test_a_consent_that_names_who_has_ended_is_to_the_successor(routing: Routing) -> None:
    routing.clock.at = AT + HOUR
    old, new = [
        await registered(routing, None, consent(AT, code), address=COPENHAGEN) for code in (OLD, "0999")
    ]
    await routing.work.round()

    assert await states(routing, old) == [(EAST, "offered")]
    [stuck] = await handovers(routing, new)
    assert stuck["hindrance"] == "names_unknown"


async def test_an_explanation_says_for_any_date_who_takes_over_by_law(routing: Routing) -> None:
    person = await resolved(routing, consent(AT, OLD), address=COPENHAGEN)
    await answer(routing, person, "accept")

    before, after = [await explained(routing, person, on) for on in ("2026-12-31", "2027-01-08")]
    in_danish = await explained(routing, person, "2027-01-08", "da")

    assert (before["acting"], after["acting"]) == (OLD, EAST)
    assert not any("took over" in one for one in before["sentences"])
    [by_law] = [one for one in after["sentences"] if "took over" in one]
    assert by_law.startswith("On 1 January 2027 Region Østdanmark took over from Region Hovedstaden by law")
    assert any(one.startswith("Region Østdanmark overtog") for one in in_danish["sentences"])


async def test_the_contact_points_of_who_has_ended_are_the_successors_until_it_has_its_own(
    routing: Routing,
) -> None:
    path = f"/authorities/{EAST}/contact-points?on={REFORM}"
    for code, phone in ((OLD, "+4544440000"), ("1085", "+4555550000")):
        point = {"kind": "phone", "value": phone, "valid_from": "2026-01-01"}
        body = {"contact_points": [point], "why": "Vagten er flyttet"}
        await routing.answer("PUT", f"/authorities/{code}/contact-points", json=body)

    before = await routing.answer("GET", f"/authorities/{EAST}/contact-points?on=2026-12-31")
    inherited = await routing.answer("GET", path)
    own = {"kind": "phone", "value": "+4566660000", "valid_from": "2027-01-01"}
    await routing.answer(
        "PUT", f"/authorities/{EAST}/contact-points", json={"contact_points": [own], "why": "Ny vagt"}
    )
    replaced = await routing.answer("GET", path)

    assert before["contact_points"] == []
    assert [(one["value"], one.get("taken_over_from")) for one in inherited["contact_points"]] == [
        ("+4544440000", OLD), ("+4555550000", "1085"),
    ]  # fmt: skip
    assert [(one["value"], one.get("taken_over_from")) for one in replaced["contact_points"]] == [
        ("+4566660000", None)
    ]


async def test_the_successor_of_a_holder_is_reported_while_there_is_no_home(routing: Routing) -> None:
    person = await resolved(routing, consent(AT, OLD), address=COPENHAGEN)
    await answer(routing, person, "accept")
    await routing.tell(await corrected(routing, person, SPANS))
    await routing.work.round()
    before = (await routing.said_of(person.registration_id))[-1]

    routing.clock.at = AT + HOUR
    while await routing.reopening.round():
        pass

    after = (await routing.said_of(person.registration_id))[-1]
    assert (before.held_by, after.held_by, OLD in after.covered_by) == (OLD, EAST, True)
    assert (after.queue, after.reason, after.candidates) == (before.queue, before.reason, before.candidates)


async def test_the_successor_of_the_region_alone_is_reported_while_the_register_is_away(
    routing: Routing,
) -> None:
    person = await routing.person(incident_id(), "0101585018", addresses=[at("0163")])
    await routing.tell(person.model_copy(update={"consents": (consent(AT),)}))
    await decide(routing, person, "0163")
    await answer(routing, person, "accept")
    before = await told(routing, person)

    await reform(routing)

    homes = [e for e in await routing.said_of(person.registration_id) if isinstance(e, HomeAuthorityResolved)]
    assert [(e.municipality, e.acting, e.region) for e in homes] == [
        ("0163", "0163", OLD),
        ("0163", "0163", EAST),
    ]
    assert {OLD, EAST} <= set(homes[-1].covered_by)
    assert await told(routing, person) == before
    assert await states(routing, person) == [("0163", "accepted")]
