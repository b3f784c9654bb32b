"""While a person has no home authority, the authority that has accepted the case makes the calls."""

from datetime import timedelta
from typing import Any

import pytest

from contracts.events.ids import AuthorityId, IncidentId, RegistrationId
from contracts.events.outreach import CallConcluded, CallListed, ContactRequested, ContactWithheld
from contracts.events.personal import CONTACT, ContactDetails
from contracts.events.routing import HomeAuthorityUnresolved
from contracts.events.vocabulary import Contactability
from tests.integration.outreach.outreach_service import Outreach
from tests.integration.outreach.test_acting_authority import (
    HANDED_TO_REGION,
    LATER,
    REGION,
    called,
    claim,
    of,
    on_list,
    person_of,
)
from tests.unit.outreach.cases import AARHUS, ODENSE, corrected, resolved, restated, unresolved

MINUTE = timedelta(minutes=1)


def held(
    incident: IncidentId, person: RegistrationId, by: AuthorityId = AARHUS, **how: Any
) -> HomeAuthorityUnresolved:
    covered_by = (by, AuthorityId("1082"))
    return unresolved(incident, person, held_by=by, covered_by=covered_by, **({"decided_at": LATER} | how))


async def lists(outreach: Outreach, incident: IncidentId, *authorities: str) -> list[int]:
    return [len(await on_list(outreach, code, incident)) for code in authorities]


async def test_a_call_stays_on_the_list_of_the_authority_that_has_accepted(outreach: Outreach) -> None:
    incident, person = await person_of(outreach)
    call = await called(outreach, incident)

    await outreach.consume(held(incident, person))

    assert await lists(outreach, incident, AARHUS) == [1]
    epoch = (await claim(outreach, call, AARHUS)).json()["epoch"]
    await outreach.answer("POST", f"/calls/{call}/outcome", json={"epoch": epoch, "outcome": "spoke"})
    [event] = await of(outreach, incident, CallConcluded)
    assert (event.municipality, event.authority) == (AARHUS, AARHUS)


async def test_a_call_returns_to_the_holder_from_a_municipality_that_refused(outreach: Outreach) -> None:
    incident, person = await person_of(outreach)
    call = await called(outreach, incident)
    await outreach.consume(resolved(incident, person, municipality=ODENSE, recipient=None, decided_at=LATER))

    await outreach.consume(held(incident, person, decided_at=LATER + MINUTE))

    assert await lists(outreach, incident, ODENSE, AARHUS) == [0, 1]
    assert (await claim(outreach, call, ODENSE)).json()["type"] == "urn:folgeskab:moved"
    assert (await claim(outreach, call, AARHUS)).is_success


async def test_a_due_call_is_listed_for_the_holder_and_a_message_waits(outreach: Outreach) -> None:
    incident, person = await person_of(outreach)
    await outreach.launched(incident)
    await outreach.consume(held(incident, person, by=REGION))

    await outreach.all_due()

    assert [e.authority for e in await of(outreach, incident, CallListed)] == [REGION]
    assert await of(outreach, incident, ContactRequested) == []
    assert await of(outreach, incident, ContactWithheld) == []
    assert (await outreach.ask("GET", f"/authorities/{REGION}/calls")).is_success


async def test_planned_messages_keep_their_authority(outreach: Outreach) -> None:
    incident, person = await person_of(outreach, **HANDED_TO_REGION)
    await outreach.launched(incident)

    await outreach.consume(held(incident, person, by=ODENSE))

    async with outreach.database.transaction() as session:
        rows = await session.fetch("select kind, authority from contact where incident_id = $1", incident)
    assert {(kind, authority) for kind, authority in rows if authority} == {("call", ODENSE)}


async def test_a_wave_plans_nobody_without_a_home_authority(outreach: Outreach) -> None:
    incident, person = await person_of(outreach)
    await outreach.consume(held(incident, person))

    seen = await outreach.answer("POST", f"/waves/{await outreach.draft(incident)}/preview")

    assert (seen["planned"], seen["excluded"]) == (0, {"no_home_authority": 1})


@pytest.mark.parametrize("closes", ["suppressed", "not covered", "being decided", "holder ended"])
async def test_a_call_that_the_holder_may_not_make_waits_for_a_home(outreach: Outreach, closes: str) -> None:
    incident, person = await person_of(outreach, *([(ODENSE,)] if closes == "not covered" else []),
        **({"municipality": ODENSE} if closes == "not covered" else {}))  # fmt: skip
    call = await called(outreach, incident)
    key = (await outreach.keyring.issue([person]))[person]
    contact = key.seal(CONTACT, ContactDetails("Nancy Ann Test Berggren", "+4520123456"))
    events = {
        "suppressed": [held(incident, person, contactability=Contactability.SUPPRESSED)],
        "not covered": [held(incident, person)],
        "being decided": [held(incident, person),
            corrected(incident, person, changed=("addresses",), contact=contact, at=LATER + MINUTE)],
        "holder ended": [held(incident, person), unresolved(incident, person, decided_at=LATER + MINUTE)],
    }  # fmt: skip

    await outreach.consume(*events[closes])

    if closes == "not covered":
        assert await lists(outreach, incident, AARHUS) == [0]
    refused = await claim(outreach, call, AARHUS)
    assert (refused.status_code, refused.json()["type"]) == (409, "urn:folgeskab:being-decided")
    assert await of(outreach, incident, ContactWithheld) == []
    later = resolved(incident, person, municipality=ODENSE, recipient=None, decided_at=LATER + 2 * MINUTE)
    await outreach.consume(later)
    assert (await claim(outreach, call, ODENSE)).is_success


async def test_a_withdrawal_ends_the_call_of_the_holder(outreach: Outreach) -> None:
    incident, person = await person_of(outreach)
    call = await called(outreach, incident)
    await outreach.consume(held(incident, person))

    await outreach.consume(restated(incident, person, (), at=LATER))

    assert (await claim(outreach, call, AARHUS)).status_code == 409
    [stopped] = await of(outreach, incident, ContactWithheld)
    assert str(stopped.contact_id) == call
    assert await lists(outreach, incident, AARHUS) == [0]
