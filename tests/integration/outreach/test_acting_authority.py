"""The acting authority gets the work, and open work follows the person when that authority changes."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from contracts.events.ids import AuthorityId, IncidentId, RegistrationId
from contracts.events.outreach import CallConcluded, CallListed, ContactRequested, WaveLaunched
from contracts.events.personal import CONTACT, ContactDetails
from contracts.events.vocabulary import Purpose
from tests.integration.outreach.outreach_service import Outreach
from tests.unit.outreach.cases import (
    AARHUS,
    NOW,
    ODENSE,
    consent,
    incident_id,
    opened,
    registered,
    registration_id,
    resolved,
    unresolved,
)

SAMSOE, REGION, OLD_REGION = AuthorityId("0741"), AuthorityId("region-oestdanmark"), AuthorityId("1084")
LATER = NOW + timedelta(hours=1)
HANDED_TO_REGION = {"municipality": SAMSOE, "acting": REGION, "covered_by": (SAMSOE, REGION, OLD_REGION)}


async def person_of(
    outreach: Outreach, named: tuple[AuthorityId, ...] = (), **home: Any
) -> tuple[IncidentId, RegistrationId]:
    incident, person = incident_id(), registration_id()
    key = (await outreach.keyring.issue([person]))[person]
    contact = key.seal(CONTACT, ContactDetails("Nancy Ann Test Berggren", "+4520123456"))
    consents = tuple([consent(purpose, authorities=named) for purpose in Purpose])
    await outreach.consume(
        opened(incident),
        registered(incident, person, contact=contact, consents=consents),
        resolved(incident, person, recipient=None, **home),
    )
    return incident, person


async def on_list(outreach: Outreach, authority: str, incident: UUID) -> list[dict[str, Any]]:
    found = await outreach.answer("GET", f"/authorities/{authority}/calls?incident_id={incident}")
    calls: list[dict[str, Any]] = found["calls"]
    return calls


async def of(outreach: Outreach, incident: IncidentId, kind: type[Any]) -> list[Any]:
    return [event for event in await outreach.emitted(kind) if event.incident_id == incident]


async def called(outreach: Outreach, incident: IncidentId) -> str:
    await outreach.launched(incident)
    await outreach.all_due()
    [listed] = await of(outreach, incident, CallListed)
    return str(listed.contact_id)


async def claim(outreach: Outreach, call: str, authority: str, by: str = "anna") -> Any:
    return await outreach.ask("POST", f"/calls/{call}/claim", by=by, json={"authority": authority})


async def test_a_call_is_on_the_list_of_the_acting_authority_only(outreach: Outreach) -> None:
    incident, _ = await person_of(outreach, **HANDED_TO_REGION)

    call = await called(outreach, incident)

    assert [row["contact_id"] for row in await on_list(outreach, REGION, incident)] == [call]
    assert await on_list(outreach, SAMSOE, incident) == []
    assert (await claim(outreach, call, REGION)).json()["name"] == "Nancy Ann Test Berggren"


async def test_the_events_of_a_contact_name_the_acting_authority(outreach: Outreach) -> None:
    incident, _ = await person_of(outreach, **HANDED_TO_REGION)
    call = await called(outreach, incident)
    epoch = (await claim(outreach, call, REGION)).json()["epoch"]
    await outreach.answer("POST", f"/calls/{call}/outcome", json={"epoch": epoch, "outcome": "spoke"})

    for kind in (ContactRequested, CallListed, CallConcluded):
        [event] = await of(outreach, incident, kind)
        assert (event.municipality, event.authority) == (SAMSOE, REGION)
    [request] = await of(outreach, incident, ContactRequested)
    assert request.covered_by == (SAMSOE, REGION, OLD_REGION)


async def test_the_municipality_acts_before_routing_names_another_authority(outreach: Outreach) -> None:
    incident, _ = await person_of(outreach)

    call = await called(outreach, incident)

    assert [row["contact_id"] for row in await on_list(outreach, AARHUS, incident)] == [call]
    assert {event.authority for event in await of(outreach, incident, CallListed)} == {AARHUS}


@pytest.mark.parametrize(("named", "planned"), [((OLD_REGION,), 1), ((SAMSOE,), 1), ((ODENSE,), 0)])
async def test_a_limited_consent_covers_the_responsible_authority(
    outreach: Outreach, named: tuple[AuthorityId, ...], planned: int
) -> None:
    incident, _ = await person_of(outreach, named, **HANDED_TO_REGION)

    seen = await outreach.answer("POST", f"/waves/{await outreach.draft(incident)}/preview")

    assert seen["planned"] == planned


async def test_the_list_of_an_unknown_authority_is_not_found(outreach: Outreach) -> None:
    await person_of(outreach, **HANDED_TO_REGION)

    known = [await outreach.ask("GET", f"/authorities/{code}/calls") for code in (SAMSOE, REGION)]
    unknown = [await outreach.ask("GET", f"/authorities/{code}/calls") for code in ("region-x", "9999")]

    assert {answer.status_code for answer in known} == {200}
    assert {answer.status_code for answer in unknown} == {404}


async def test_an_open_call_follows_the_person_and_the_old_list_opens_nothing(outreach: Outreach) -> None:
    incident, person = await person_of(outreach)
    call = await called(outreach, incident)

    await outreach.consume(resolved(incident, person, recipient=None, decided_at=LATER, **HANDED_TO_REGION))

    assert await on_list(outreach, AARHUS, incident) == []
    assert [row["contact_id"] for row in await on_list(outreach, REGION, incident)] == [call]
    former = await claim(outreach, call, AARHUS)
    assert (former.status_code, former.json()["type"]) == (409, "urn:folgeskab:moved")
    assert "name" not in former.json()
    assert [e.authority for e in await of(outreach, incident, CallListed)] == [AARHUS, REGION]
    assert (await claim(outreach, call, REGION)).is_success


async def test_a_claimed_call_stays_with_its_nurse_and_returns_to_the_new_list(outreach: Outreach) -> None:
    incident, person = await person_of(outreach)
    call = await called(outreach, incident)
    epoch = (await claim(outreach, call, AARHUS)).json()["epoch"]

    await outreach.consume(resolved(incident, person, recipient=None, municipality=ODENSE, decided_at=LATER))
    again = await claim(outreach, call, AARHUS)
    told = {"epoch": epoch, "outcome": "no_answer"}
    answer = await outreach.answer("POST", f"/calls/{call}/outcome", json=told)

    assert again.status_code == 409
    assert answer["unchanged"] is None
    assert [row["attempts"] for row in await on_list(outreach, ODENSE, incident)] == [1]
    assert await on_list(outreach, AARHUS, incident) == []


async def test_planned_contacts_follow_the_person(outreach: Outreach) -> None:
    incident, person = await person_of(outreach)
    await outreach.launched(incident)

    await outreach.consume(resolved(incident, person, recipient=None, municipality=ODENSE, decided_at=LATER))

    async with outreach.database.transaction() as session:
        rows = await session.fetch(
            "select distinct municipality, authority from contact where incident_id = $1", incident
        )
    assert [tuple(row) for row in rows] == [(ODENSE, ODENSE)]


async def test_a_call_without_a_responsible_authority_cannot_be_claimed_and_is_not_lost(
    outreach: Outreach,
) -> None:
    incident, person = await person_of(outreach)
    call = await called(outreach, incident)

    await outreach.consume(unresolved(incident, person, decided_at=LATER))
    between = await on_list(outreach, AARHUS, incident)
    refused = await claim(outreach, call, AARHUS)
    await outreach.consume(
        resolved(incident, person, recipient=None, municipality=ODENSE, decided_at=LATER + timedelta(hours=1))
    )

    assert between == []
    assert (refused.status_code, refused.json()["type"]) == (409, "urn:folgeskab:being-decided")
    assert (await claim(outreach, call, ODENSE)).is_success


async def test_a_due_contact_waits_without_a_responsible_authority(outreach: Outreach) -> None:
    incident, person = await person_of(outreach)
    await outreach.launched(incident)
    await outreach.consume(unresolved(incident, person, decided_at=LATER))
    await outreach.all_due()
    asked = await of(outreach, incident, ContactRequested)

    await outreach.consume(
        resolved(incident, person, recipient=None, municipality=ODENSE, decided_at=LATER + timedelta(hours=1))
    )
    outreach.clock.forward(timedelta(minutes=2))
    await outreach.all_due()

    assert asked == []
    assert [e.authority for e in await of(outreach, incident, ContactRequested)] == [ODENSE]
    assert [e.authority for e in await of(outreach, incident, CallListed)] == [ODENSE]


async def test_a_wave_reports_its_shares_by_acting_authority(outreach: Outreach) -> None:
    incident, _ = await person_of(outreach, **HANDED_TO_REGION)
    await outreach.launched(incident)

    [wave] = await of(outreach, incident, WaveLaunched)

    assert {(share.municipality, share.authority) for share in wave.planned} == {(SAMSOE, REGION)}


@pytest.mark.parametrize(("chosen", "people"), [(REGION, 1), (SAMSOE, 1), (AARHUS, 0)])
async def test_a_wave_selects_by_municipality_or_acting_authority(
    outreach: Outreach, chosen: AuthorityId, people: int
) -> None:
    incident, _ = await person_of(outreach, **HANDED_TO_REGION)

    wave = await outreach.draft(incident, municipalities=[chosen])

    assert (await outreach.answer("POST", f"/waves/{wave}/preview"))["people"] == people
