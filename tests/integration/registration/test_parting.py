"""A mistaken number made two people one: whoever was recognised by it becomes a person of their own."""

from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import pytest

from contracts.events.personal import IDENTITY, Identity
from contracts.events.registration import ConsentsRestated, PersonCorrected, PersonRegistered
from kit.runtime.clock import SystemClock
from services.registration.workers.golden_record import GoldenRecords
from tests.conftest import Databases
from tests.deliveries import sent
from tests.integration.registration.api_client import CPR, PERSON, RegistrationOffice, opened

OTHER_CPR = "0104909989"  # published: HL7 Denmark, dk-core
WHY = {"why": "læste nummeret op forkert"}


@pytest.fixture(scope="module")
async def office(databases: Databases) -> AsyncIterator[RegistrationOffice]:
    async with opened(databases) as made:
        yield made


async def shown(office: RegistrationOffice, person: str) -> dict[str, Any]:
    found: dict[str, Any] = (await office.http.get(f"/registrations/{person}")).json()
    return found


async def told(office: RegistrationOffice, person: str) -> list[Any]:
    async with office.resources.database.transaction() as session:
        return [event for event in await sent(session) if event.key() == person]


async def mistaken(office: RegistrationOffice) -> tuple[str, str, str]:
    """Register somebody, and another under the same number: who wishes contact, and lends a telephone."""
    incident = await office.open_incident()
    first = await office.register(incident, phone=None, consents=PERSON["consents"][:1])
    person = str(first.json()["registration_id"])
    own = [{**one, "form_number": "SK-2"} for one in PERSON["consents"]]
    await office.register(incident, name="Nancy Prøvesen", phone="30123456", place="hotline", consents=own)
    while await GoldenRecords(office.resources, SystemClock()).round():
        pass
    held = await shown(office, person)
    assert held["phone"] == "+4530123456"
    other = str(held["repeats"][0]["registration_id"])
    return incident, person, other


async def test_each_has_its_own_again_and_the_number_stays_with_the_first(office: RegistrationOffice) -> None:
    incident, person, other = await mistaken(office)

    answer = await office.http.post(f"/registrations/{other}/split", json=WHY)

    assert answer.status_code == 200, answer.text
    held, parted = await shown(office, person), await shown(office, other)
    assert (held["phone"], held["contact_until"], held["repeats"]) == (None, None, [])
    assert held["identifiers"][0]["value"] == CPR
    assert (parted["merged_into"], parted["name"], parted["phone"]) == (None, "Nancy Prøvesen", "+4530123456")
    assert (parted["identifiers"], parted["birth_date"]) == ([], None)
    assert parted["contact_until"] is not None
    assert (await office.counts(incident))["registered"] == 2
    correction = {"identifiers": [{"value": OTHER_CPR}], "why": "det rette nummer"}
    right = await office.http.post(f"/registrations/{other}/corrections", json=correction)
    assert (right.status_code, right.json()["registration_id"]) == (200, other)


async def test_everybody_is_told_of_the_one_nobody_had_heard_of_without_anothers_number(
    office: RegistrationOffice,
) -> None:
    _, person, other = await mistaken(office)
    assert await told(office, other) == []

    await office.http.post(f"/registrations/{other}/split", json=WHY)

    events = await told(office, other)
    assert isinstance(events[0], PersonRegistered)
    key = (await office.resources.keyring.read([UUID(other)]))[UUID(other)]
    identities = [e.identity for e in events if isinstance(e, PersonRegistered | PersonCorrected)]
    assert all(one is None or not key.open(IDENTITY, one, Identity).identifiers for one in identities)
    (restated,) = [event for event in events if isinstance(event, ConsentsRestated)]
    assert {one.purpose for one in restated.consents} == {"registration", "contact"}
    last = [event for event in await told(office, person) if isinstance(event, ConsentsRestated)][-1]
    assert {one.purpose for one in last.consents} == {"registration"}


async def test_a_consent_that_first_and_repeat_gave_alike_is_of_both_after_a_split(
    office: RegistrationOffice,
) -> None:
    incident = await office.open_incident()
    first = (await office.register(incident)).json()["registration_id"]
    assert (await office.register(incident, place="hotline")).json()["registration_id"] == first
    async with office.resources.database.transaction() as session:
        repeat = await session.fetchval("select id from registration where repeat_of = $1", UUID(first))

    await office.http.post(f"/registrations/{repeat}/split", json=WHY)

    held, parted = await shown(office, first), await shown(office, str(repeat))
    assert parted["contact_until"] == held["contact_until"] is not None
    assert len(parted["consents"]) == len(held["consents"]) == len(PERSON["consents"])


async def test_a_first_registration_cannot_be_split_and_a_repeat_changes_nothing(
    office: RegistrationOffice,
) -> None:
    _, person, other = await mistaken(office)
    first = await office.http.post(f"/registrations/{other}/split", json=WHY)

    again = await office.http.post(f"/registrations/{other}/split", json=WHY)
    alone = await office.http.post(f"/registrations/{person}/split", json=WHY)

    assert [first.status_code, again.status_code, alone.status_code] == [200, 409, 409]
    assert again.json()["type"] == "urn:folgeskab:not-recognised"
    (step,) = (await office.http.get(f"/duplicates/{first.json()['duplicate_id']}")).json()["steps"]
    assert (step["step"], step["why"]) == ("undone", WHY["why"])


async def test_a_name_written_otherwise_is_no_doubt(office: RegistrationOffice) -> None:
    incident = await office.open_incident()
    await office.register(incident)

    answer = await office.register(incident, name="berggren, Nancy", place="hotline")

    assert answer.json()["already_there"]
    assert "identifiers" not in [hint["field"] for hint in answer.json()["hints"]]
