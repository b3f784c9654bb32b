"""A child under 15 who is merged: the consents and the guardian that count, while linked and afterwards."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from tests.conftest import Databases
from tests.integration.registration.api_client import RegistrationOffice, opened
from tests.integration.registration.pairs import FIRST, REGISTRATION, merged, person, shown, step, to_contact
from tests.integration.registration.test_children import guardians_numbers_told, guardians_told

BOTH = [REGISTRATION, to_contact("call", "sms")]
CHILD = {"birth_date": "2015-05-05", "identifiers": []}


@pytest.fixture(scope="module")
async def office(databases: Databases) -> AsyncIterator[RegistrationOffice]:
    async with opened(databases) as made:
        yield made


async def test_the_consent_of_an_adult_merged_with_a_child_counts_again_after_the_undo(
    office: RegistrationOffice,
) -> None:
    incident = await office.open_incident()
    adult = await person(office, incident, identifiers=[], consents=BOTH)
    child = await person(office, incident, **CHILD, consents=[])
    pair = await merged(office, incident, adult, child)
    linked = await shown(office, adult)

    await step(office, pair, "undo", FIRST)

    assert linked["contact_until"] is None
    after = await shown(office, adult)
    assert after["contact_until"] is not None
    assert [one["childs_own"] for one in after["consents"]] == [False, False]


def by(guardian: str, hour: int, **more: Any) -> list[dict[str, Any]]:
    return [{**one, "guardian": guardian, "at": f"2026-11-24T{hour}:00:00+01:00", **more} for one in BOTH]


async def test_a_guardian_from_the_public_page_does_not_replace_the_one_of_staff_by_a_merge(
    office: RegistrationOffice,
) -> None:
    incident = await office.open_incident()
    digital = by("Mallory Test", 12, guardian_cpr="020160-9996", how="digital", form_number=None)
    public = {**CHILD, "place": "self", "presence": "stated"}
    child = await person(office, incident, **public, consents=digital)
    again = await person(office, incident, **CHILD, consents=by("Mor Test", 13))

    pair = await merged(office, incident, child, again)

    assert (await guardians_told(office, child))[-1] == "Mor Test"
    assert (await guardians_numbers_told(office, child))[-1] is None
    assert (await sources(office, pair))["guardian"] == again


async def test_the_guardian_who_consented_last_counts_after_a_merge_and_in_its_preview(
    office: RegistrationOffice,
) -> None:
    incident = await office.open_incident()
    child = await person(office, incident, **CHILD, consents=by("Far Test", 12))
    again = await person(office, incident, **CHILD, consents=by("Mor Test", 13))
    pair = await merged(office, incident, child, again)
    linked = await sources(office, pair)

    await step(office, pair, "undo", FIRST)

    assert (linked["guardian"], (await sources(office, pair))["guardian"]) == (again, again)
    assert await guardians_told(office, child) == ["Far Test", "Mor Test", "Far Test"]


async def sources(office: RegistrationOffice, pair: str) -> dict[str, str]:
    found: dict[str, str] = (await office.http.get(f"/duplicates/{pair}")).json()["sources"]
    return found
