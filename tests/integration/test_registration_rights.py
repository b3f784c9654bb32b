"""What is held about a citizen: given to them, forgotten so that nothing opens, kept no longer than said."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from contracts.audit import PersonalDataSeen
from kit.ids import new_id
from tests.conftest import Databases
from tests.deliveries import sent
from tests.integration.registration_office import CPR, RegistrationOffice, opened


@pytest.fixture(scope="module")
async def office(databases: Databases) -> AsyncIterator[RegistrationOffice]:
    async with opened(databases) as made:
        yield made


async def held(office: RegistrationOffice, person: str, purpose: str = "export") -> dict[str, Any]:
    answer = await office.http.get(f"/registrations/{person}/held", params={"purpose": purpose})
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def looks(office: RegistrationOffice, person: str) -> list[PersonalDataSeen]:
    async with office.desk.database.transaction() as session:
        events = await sent(session)
    return [e for e in events if isinstance(e, PersonalDataSeen) and str(e.registration_id) == person]


async def a_person(office: RegistrationOffice) -> str:
    """Register somebody twice, and somebody else of the family."""
    incident = await office.open_incident()
    person = (await office.register(incident, note="bange for tog")).json()["registration_id"]
    await office.register(incident, place="hospital", phone="30 12 34 56")
    await office.register(incident, name="Karl Test Berggren", identifiers=[], phone="40 12 34 56")
    return str(person)


async def test_everything_about_a_person_is_told_opened_and_nothing_of_anybody_else(
    office: RegistrationOffice,
) -> None:
    person = await a_person(office)

    found = await held(office, person)

    tables = found["tables"]
    assert set(tables) >= {
        "registration", "consent_entry", "identity_claim", "blind_index",
        "intake", "outbox",
    }  # fmt: skip
    assert len(found["owners"]) == len(tables["registration"]) == 2
    assert found["opens"] == found["sealed"] > 0
    assert tables["registration"][0]["identity"]["identifiers"][0]["value"] == CPR
    assert "bange for tog" in str(tables)
    assert "Registrator" in str(tables)
    assert "Karl" not in str(tables)
    seen = (await looks(office, person))[-1]
    assert (seen.actor, seen.purpose) == ("Hanne Hotline", "export")
    assert set(seen.field_sets) == {"contact", "identity", "note", "consent"}


async def test_after_forgetting_what_is_left_is_sealed_for_good_and_no_index_leads_to_it(
    office: RegistrationOffice,
) -> None:
    person = await a_person(office)
    before = await held(office, person, "proof")
    await office.http.post(f"/registrations/{person}/forget", json={"why": "bad om det"})
    looked = len(await looks(office, person))

    after = await held(office, person, "proof")

    assert before["opens"] == before["sealed"]
    assert (after["opens"], after["sealed"]) == (0, before["sealed"] + 2)  # and why they were forgotten
    assert set(before["tables"]) - set(after["tables"]) == {"identity_claim", "blind_index"}
    assert len(await looks(office, person)) == looked
    for secret in ("Berggren", CPR, "20123456", "bange for tog"):
        assert secret not in str(after)


async def test_nobody_is_held_under_an_unknown_id(office: RegistrationOffice) -> None:
    assert (await office.http.get(f"/registrations/{new_id()}/held")).status_code == 404
