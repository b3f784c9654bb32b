"""A CPR number that the register has replaced: two registrations that lead to one number are one person."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from uuid import UUID

import pytest

from contracts.events.personal import IDENTITY, Identifier, Identity
from contracts.events.registration import PersonMerged
from contracts.events.routing import CurrentNumberLearned
from contracts.wire.sealed import Sealed
from kit.runtime.clock import SystemClock
from services.registration.handlers import handler
from services.registration.workers.current_numbers import CurrentNumbers
from tests.conftest import Databases
from tests.deliveries import deliveries
from tests.integration.registration.api_client import CPR, PERSON, RegistrationOffice, opened
from tests.integration.registration.pairs import FIRST, events, found, person, shown, step

OLD, CURRENT = "0101585018", CPR
WITH_OLD = {"identifiers": [{"value": OLD}], "place": "hotline"}
WITH_CURRENT = {"identifiers": [{"value": CURRENT}]}


@pytest.fixture(scope="module")
async def office(databases: Databases) -> AsyncIterator[RegistrationOffice]:
    async with opened(databases) as made:
        yield made


async def learned(office: RegistrationOffice, incident: str, of: str) -> None:
    """Tell, twice, as routing does, what the register has answered about a person."""
    key = (await office.resources.keyring.read([UUID(of)]))[UUID(of)]
    number = Identity((Identifier("cpr", CURRENT),))
    event = CurrentNumberLearned(
        incident_id=UUID(incident),
        exercise=True,
        registration_id=UUID(of),
        number=Sealed(key.seal(IDENTITY, number)),
        learned_at=datetime.now(UTC),
    )
    for _ in range(2):
        async with office.resources.database.transaction() as session:
            await handler(SystemClock())(session, deliveries([event, event]))
        await CurrentNumbers(office.resources, SystemClock()).round()


async def test_who_was_registered_with_the_old_and_with_the_current_number_is_one_person(
    office: RegistrationOffice,
) -> None:
    incident = await office.open_incident()
    one = await person(office, incident, **WITH_OLD)
    other = await person(office, incident, **WITH_CURRENT)
    assert one != other

    await learned(office, incident, one)

    assert (await office.counts(incident))["registered"] == 1
    assert (await shown(office, other))["merged_into"] == one
    assert [e.into for e in await events(office, other, PersonMerged)] == [UUID(one)]
    (pair,) = await found(office, incident, state="merged")
    assert pair["reasons"] == ["same_identity"]


async def test_who_comes_with_the_current_number_afterwards_is_recognised(office: RegistrationOffice) -> None:
    incident = await office.open_incident()
    one = await person(office, incident, **WITH_OLD)

    await learned(office, incident, one)
    again = (await office.register(incident, **WITH_CURRENT)).json()

    assert (again["registration_id"], again["already_there"]) == (one, True)


async def test_of_two_numbers_replaced_by_one_both_lead_to_one_person(office: RegistrationOffice) -> None:
    incident = await office.open_incident()
    one = await person(office, incident, **WITH_OLD)
    other = await person(office, incident, identifiers=[{"value": "2512489996"[:6] + "0018"}])

    await learned(office, incident, other)
    await learned(office, incident, one)

    assert (await shown(office, other))["merged_into"] == one


async def test_under_another_name_two_people_decide(office: RegistrationOffice) -> None:
    incident = await office.open_incident()
    one = await person(office, incident, **WITH_OLD)
    other = await person(office, incident, **WITH_CURRENT | {"name": "Birgit Prøvesen"})

    await learned(office, incident, one)

    assert (await office.counts(incident))["registered"] == 2
    (pair,) = await found(office, incident)
    assert {pair["one"], pair["other"]} == {one, other}
    assert set(pair["reasons"]) == {"same_identity", "other_name"}


async def test_what_people_have_undone_is_not_done_again(office: RegistrationOffice) -> None:
    incident = await office.open_incident()
    one = await person(office, incident, **WITH_OLD)
    other = await person(office, incident, **WITH_CURRENT)
    await learned(office, incident, one)
    (pair,) = await found(office, incident, state="merged")
    undone = await step(office, pair["id"], "undo", FIRST)

    await learned(office, incident, one)

    assert undone.status_code == 200
    assert (await office.counts(incident))["registered"] == 2
    assert (await shown(office, other))["merged_into"] is None


async def test_who_is_forgotten_meanwhile_leaves_no_number_behind(office: RegistrationOffice) -> None:
    incident = await office.open_incident()
    one = await person(office, incident, **WITH_OLD)
    key = (await office.resources.keyring.read([UUID(one)]))[UUID(one)]
    number = Sealed(key.seal(IDENTITY, Identity((Identifier("cpr", CURRENT),))))
    event = CurrentNumberLearned(
        incident_id=UUID(incident), exercise=True, registration_id=UUID(one), number=number,
        learned_at=datetime.now(UTC),
    )  # fmt: skip
    await office.http.post(f"/registrations/{one}/forget", json={"why": "bad om det"})

    async with office.resources.database.transaction() as session:
        await handler(SystemClock())(session, deliveries([event]))
    await CurrentNumbers(office.resources, SystemClock()).round()

    held = (await office.http.get(f"/registrations/{one}/subject-data", params={"purpose": "proof"})).json()
    assert {"learned_number", "identity_claim"}.isdisjoint(held["tables"])
    again = (await office.register(incident, **WITH_CURRENT, phone=PERSON["phone"])).json()
    assert not again["already_there"]
