"""Forgetting reaches the rows that no import could take: they lie under the key of a file."""

from collections.abc import AsyncIterator

import pytest

from tests.conftest import Databases
from tests.integration.registration.api_client import CPR, RegistrationOffice, opened

HEADER = "name;role;place;cpr;phone;email;note"
ABOUT = (
    "Berggren, Nancy Ann Test;ukendt;epc;;;;",
    f"N.N.;ukendt;epc;{CPR[:6]}-{CPR[6:]};;;",
    "N.N.;ukendt;epc;;0045 20123456;;",
    "N.N.;ukendt;epc;;;;Nancy@Example.dk",
    "N.N.;ukendt;epc;;30 12 34 56;;",
)
ANOTHER = "Karl Test Berggren;ukendt;epc;0104909989;40123456;karl@example.dk;sammen med Nancy"


@pytest.fixture(scope="module")
async def office(databases: Databases) -> AsyncIterator[RegistrationOffice]:
    async with opened(databases) as made:
        yield made


async def refused_rows(office: RegistrationOffice, import_id: str) -> list[str]:
    text = (await office.http.get(f"/imports/{import_id}/bad-rows.csv")).text
    return [line.split(";")[0] for line in text.splitlines()[1:]]


async def test_the_refused_rows_about_a_person_go_when_they_are_forgotten_and_no_others(
    office: RegistrationOffice,
) -> None:
    incident, other = await office.open_incident(), await office.open_incident()
    answer = await office.register(incident, email="nancy@example.dk", phone="30 12 34 56")
    person = answer.json()["registration_id"]
    right = {"phone": "20 12 34 56", "why": "skrevet forkert"}
    await office.http.post(f"/registrations/{person}/corrections", json=right)
    content = "\n".join([HEADER, *ABOUT, ANOTHER]).encode()
    here = (await office.import_csv(incident, content)).json()
    elsewhere = (await office.import_csv(other, content)).json()
    assert len(await refused_rows(office, here["import_id"])) == len(ABOUT) + 1

    answer = await office.http.post(f"/registrations/{person}/forget", json={"why": "bad om det"})

    assert answer.status_code == 200, answer.text
    assert await refused_rows(office, here["import_id"]) == ["Karl Test Berggren"]
    assert len(await refused_rows(office, elsewhere["import_id"])) == len(ABOUT) + 1
    told = (await office.http.get(f"/imports/{here['import_id']}")).json()
    assert (told["bad_rows"], told["bad_rows_kept"]) == (len(ABOUT) + 1, 1)
