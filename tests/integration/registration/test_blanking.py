"""Two were taken for one, and one of them is forgotten: nothing of theirs opens under the other's key."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from tests.conftest import Databases
from tests.integration.registration.api_client import CPR, RegistrationOffice, opened


@pytest.fixture(scope="module")
async def office(databases: Databases) -> AsyncIterator[RegistrationOffice]:
    async with opened(databases) as made:
        yield made


async def post(
    office: RegistrationOffice, path: str, by: str = "Hanne Hotline", **body: Any
) -> httpx.Response:
    answer = await office.http.post(path, json=body, headers={"X-Actor": by})
    assert answer.is_success, answer.text
    return answer


async def merged(office: RegistrationOffice, incident: str, one: str, other: str) -> str:
    pair = await post(office, f"/incidents/{incident}/duplicates", one=one, other=other, why="ligner")
    duplicate = str(pair.json()["id"])
    await post(office, f"/duplicates/{duplicate}/confirm", by="Bo Vagt")
    return duplicate


async def test_versions_and_reasons_from_the_time_of_the_mistake_go_with_the_forgotten(
    office: RegistrationOffice,
) -> None:
    incident = await office.open_incident()
    stays = (await office.register(incident, identifiers=[], phone=None)).json()["registration_id"]
    goes = (await office.register(incident, name="Gry Test", phone="30123456")).json()["registration_id"]
    duplicate = await merged(office, incident, stays, goes)
    await post(office, f"/registrations/{stays}/corrections", note="ringer igen", why="Gry ringede")
    await post(
        office, f"/registrations/{stays}/contact-restrictions", reason="do_not_contact", why="Gry bad om det"
    )

    await post(office, f"/duplicates/{duplicate}/undo", why="to personer")
    before = (await office.http.get(f"/registrations/{stays}/versions")).text
    await post(office, f"/registrations/{goes}/forget", why="bad om det")

    after = await office.http.get(f"/registrations/{stays}/versions")
    assert CPR not in before, "a registration holds its own data only"
    assert "+4530123456" not in before
    assert CPR not in after.text
    assert "+4530123456" not in after.text
    assert [version.get("blanked", False) for version in after.json()] == [True]
    assert "Gry ringede" not in after.text
    async with office.resources.database.transaction() as session:
        kept = await session.fetch(
            "select barred_why from contact_bar where registration_id = $1::uuid", goes
        )
    assert [row["barred_why"] for row in kept] == [None]
