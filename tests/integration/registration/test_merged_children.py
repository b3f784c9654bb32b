"""A child under 15 who is merged: the consents and the guardian that count, while linked and afterwards."""

from collections.abc import AsyncIterator

import pytest

from tests.conftest import Databases
from tests.integration.registration.api_client import RegistrationOffice, opened
from tests.integration.registration.pairs import FIRST, REGISTRATION, merged, person, shown, step, to_contact

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
