"""Whoever is registered twice lends the first registration what it lacks, and nothing that is in doubt."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import pytest

from contracts.events.registration import PersonCorrected
from kit.runtime.clock import SystemClock
from services.registration.workers.golden_record import GoldenRecords
from tests.conftest import Databases
from tests.deliveries import sent
from tests.integration.registration.api_client import CPR, RegistrationOffice, opened

PASSPORT = {"system": "passport", "value": "AB12345", "scope": "SE"}


@pytest.fixture(scope="module")
async def office(databases: Databases) -> AsyncIterator[RegistrationOffice]:
    async with opened(databases) as made:
        yield made


async def grow(office: RegistrationOffice) -> None:
    while await GoldenRecords(office.resources, SystemClock()).round():
        pass


async def corrections(office: RegistrationOffice, person: str) -> list[PersonCorrected]:
    async with office.resources.database.transaction() as session:
        events = await sent(session)
    return [event for event in events if isinstance(event, PersonCorrected) and event.key() == person]


async def shown(office: RegistrationOffice, person: str) -> dict[str, Any]:
    found: dict[str, Any] = (await office.http.get(f"/registrations/{person}")).json()
    return found


async def test_the_telephone_given_to_the_hotline_reaches_whoever_was_registered_without_one(
    office: RegistrationOffice,
) -> None:
    incident = await office.open_incident()
    person = (await office.register(incident, phone=None)).json()["registration_id"]
    await office.register(
        incident, place="hotline", phone="30123456", email="ida@example.dk", concerns="er alene",
        identifiers=[{"value": CPR}, PASSPORT],
    )  # fmt: skip

    await asyncio.gather(grow(office), grow(office))

    held = await shown(office, person)
    assert (held["phone"], held["email"], held["concerns"]) == ("+4530123456", "ida@example.dk", "er alene")
    assert [one["system"] for one in held["identifiers"]] == ["cpr", "passport"]
    (event,) = await corrections(office, person)
    assert {"call", "sms", "email"} <= set(event.channels)
    (repeat,) = held["repeats"]
    assert held["sources"] == dict.fromkeys(("phone", "email", "concerns"), repeat["registration_id"])
    assert held["own"] == {"phone": None, "email": None, "concerns": None}
    assert (await office.http.get(f"/registrations/{person}/versions")).json() == []


async def test_what_the_first_registration_holds_stays_and_what_was_emptied_is_not_filled_again(
    office: RegistrationOffice,
) -> None:
    incident = await office.open_incident()
    person = (await office.register(incident, phone="20123456")).json()["registration_id"]
    await office.register(incident, key="again", place="hotline", phone="30123456")
    await grow(office)
    await office.http.post(f"/registrations/{person}/corrections", json={"phone": None, "why": "forkert"})

    await office.register(incident, key="again", place="hotline", phone="30123456")
    await grow(office)

    assert (await shown(office, person))["phone"] is None
    assert [event.changed for event in await corrections(office, person)] == [("channels", "phone")]


async def test_what_anybody_can_write_of_another_on_the_public_page_lends_nothing(
    office: RegistrationOffice,
) -> None:
    incident = await office.open_incident()
    person = (await office.register(incident, phone=None)).json()["registration_id"]

    await office.register(incident, place="self", phone="30123456")
    await grow(office)

    assert (await shown(office, person))["phone"] is None


async def test_what_was_said_on_the_public_page_gives_way_to_what_the_office_hears_first_and_only_then(
    office: RegistrationOffice,
) -> None:
    """Anybody may have written it, to be called in another's place."""
    incident = await office.open_incident()
    person = (
        await office.register(incident, place="self", phone="66666666", email="en.anden@example.dk")
    ).json()["registration_id"]

    await office.register(incident, place="hotline", phone="30123456")
    await grow(office)
    heard = await shown(office, person)
    await office.register(incident, place="hospital", phone="40123456")
    await grow(office)

    assert (heard["phone"], heard["email"]) == ("+4530123456", "en.anden@example.dk")
    assert (await shown(office, person))["phone"] == "+4530123456"
    events = await corrections(office, person)
    assert ["phone" in event.changed for event in events] == [True]
    assert heard["own"]["phone"] == "+4566666666"
    assert heard["sources"]["phone"] == heard["repeats"][0]["registration_id"]


async def test_a_number_that_is_another_persons_is_not_lent_and_two_people_are_asked(
    office: RegistrationOffice,
) -> None:
    incident = await office.open_incident()
    person = (await office.register(incident)).json()["registration_id"]
    traveller = (
        await office.register(incident, name="En Rejsende", phone=None, identifiers=[PASSPORT])
    ).json()["registration_id"]

    await office.register(incident, place="hospital", identifiers=[{"value": CPR}, PASSPORT])
    await grow(office)

    assert [one["system"] for one in (await shown(office, person))["identifiers"]] == ["cpr"]
    async with office.resources.database.transaction() as session:
        (pair,) = await session.fetch("select * from duplicate where incident_id = $1", UUID(incident))
    assert {str(pair["one"]), str(pair["other"])} == {person, traveller}
    assert pair["score"] == 1.0
