"""An incident is closed, reopened and corrected, and tells who did it when and why."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from contracts.events.audit import IncidentWordsSeen
from contracts.events.registration import IncidentClosed, IncidentCorrected, IncidentOpened, IncidentReopened
from contracts.events.vocabulary import RegistrationPlace
from tests.conftest import Databases
from tests.deliveries import sent
from tests.integration.registration.api_client import RegistrationOffice, opened


@pytest.fixture(scope="module")
async def office(databases: Databases) -> AsyncIterator[RegistrationOffice]:
    async with opened(databases) as made:
        yield made


async def told(office: RegistrationOffice, incident: str) -> list[Any]:
    async with office.resources.database.transaction() as session:
        return [event for event in await sent(session) if event.key() == incident]


async def places_open(office: RegistrationOffice, incident: str) -> set[str]:
    answers = {
        place: await office.register(incident, place=place, identifiers=[]) for place in RegistrationPlace
    }
    return {place for place, answer in answers.items() if answer.status_code == 201}


async def test_closing_stops_the_scene_and_never_the_hotline_until_it_is_reopened(
    office: RegistrationOffice,
) -> None:
    incident = await office.open_incident()

    await office.http.post(f"/incidents/{incident}/close", json={"why": "alle er registreret"})
    while_closed = await places_open(office, incident)
    answer = await office.http.post(f"/incidents/{incident}/reopen", json={"why": "endnu en vogn"})

    assert while_closed == {"hotline", "paper"}
    assert (answer.json()["status"], answer.json()["closed_at"]) == ("open", None)
    assert await places_open(office, incident) == set(RegistrationPlace)


async def test_the_history_says_who_when_and_why_in_order(office: RegistrationOffice) -> None:
    incident = await office.open_incident()
    for path, body in (("close", {"why": "slut"}), ("close", {}), ("reopen", {"why": "fejl"})):
        await office.http.post(f"/incidents/{incident}/{path}", json=body)
    await office.http.patch(f"/incidents/{incident}", json={"place": "Aarhus H, spor 3", "why": "præcist"})

    history = (await office.http.get(f"/incidents/{incident}/history")).json()

    assert [(one["what"], one.get("status"), one.get("why")) for one in history] == [
        ("opened", "open", None),
        ("closed", "closed", "slut"),
        ("reopened", "open", "fejl"),
        ("corrected", None, "præcist"),
    ]
    assert {one["by"] for one in history} == {"Hanne Hotline"}
    assert (history[-1]["changed"], history[-1]["was"]) == (["place"], {"place": "Aarhus H"})
    kinds = [IncidentOpened, IncidentClosed, IncidentReopened, IncidentCorrected, IncidentWordsSeen]
    assert [type(event) for event in await told(office, incident)] == kinds


async def test_a_correction_tells_the_whole_incident_and_the_same_again_nothing(
    office: RegistrationOffice,
) -> None:
    incident = await office.open_incident(event_authorities=["0740"], hotline="70123456")
    change = {"event_authority": "0746", "hotline": None, "long_running": True}

    for _ in range(2):
        answer = await office.http.patch(f"/incidents/{incident}", json=change)

    assert answer.json()["event_authorities"] == ["0746", "0740"]
    opened_as, corrected = await told(office, incident)
    assert opened_as.event_authorities == ("0751", "0740")
    assert corrected.event_authorities == ("0746", "0740")
    assert (corrected.name, corrected.hotline, corrected.long_running) == ("Togulykke", None, True)


async def test_corrections_at_once_are_all_kept(office: RegistrationOffice) -> None:
    incident = await office.open_incident()
    changes = [{"name": "Togulykken"}, {"place": "Skanderborg"}, {"kind": "transport"}]

    await asyncio.gather(*(office.http.patch(f"/incidents/{incident}", json=one) for one in changes))

    shown = (await office.http.get(f"/incidents/{incident}")).json()
    assert (shown["name"], shown["place"], shown["kind"]) == ("Togulykken", "Skanderborg", "transport")
    last = (await told(office, incident))[-1]
    assert (last.name, last.place, last.kind) == ("Togulykken", "Skanderborg", "transport")


async def test_what_cannot_be_is_refused_by_field(office: RegistrationOffice) -> None:
    incident = await office.open_incident()

    async def patched(**body: object) -> httpx.Response:
        return await office.http.patch(f"/incidents/{incident}", json=body)

    answers = [
        await patched(exercise=False),
        await patched(name=None),
        await patched(status="closed"),
        await office.http.post(f"/incidents/{incident}/reopen", json={}),
    ]

    assert [answer.status_code for answer in answers] == [422] * 4
    fields = [answer.json()["errors"][0]["field"] for answer in answers]
    assert fields == ["exercise", "name", "status", "why"]
    assert len(await told(office, incident)) == 1


async def test_a_reason_may_name_somebody_and_rests_sealed(office: RegistrationOffice) -> None:
    incident = await office.open_incident()

    await office.http.post(f"/incidents/{incident}/close", json={"why": "efter aftale med Ida Ibsen"})

    async with office.resources.database.transaction() as session:
        rows = await session.fetch("select incident_change::text from incident_change")
    assert "Ibsen" not in "".join(row[0] for row in rows)
    assert b"Ibsen".hex() not in "".join(row[0] for row in rows)
