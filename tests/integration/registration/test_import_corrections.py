"""A row corrected in the registrar's own file updates the registration, and the import reports it."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from tests.conftest import Databases
from tests.integration.registration.api_client import CPR, RegistrationOffice, opened
from tests.integration.registration.pairs import FIRST, merged, shown, step
from tests.integration.registration.test_import_consents import STATEMENT, send

HEAD = "Navn;Rolle;Sted;CPR;Telefon;Adresse;Postnr;By"
REFERRED = "Reference nr;Navn;Rolle;Sted;Telefon"
IDA = f"Ida Ibsen;offer;epc;{CPR};20123456;Åvej 1;8000;Aarhus"


@pytest.fixture(scope="module")
async def office(databases: Databases) -> AsyncIterator[RegistrationOffice]:
    async with opened(databases) as made:
        yield made


async def imported(office: RegistrationOffice, incident: str, head: str, *rows: str) -> dict[str, Any]:
    """Import a file after a dry run, which must say the same."""
    content, path = "\n".join([head, *rows]).encode(), f"/incidents/{incident}/imports"
    rehearsed = (await office.http.post(path, params={"dry_run": True}, content=content)).json()
    report: dict[str, Any] = (await office.http.post(path, content=content)).json()
    figures = ("rows", "registered", "already_there", "bad_rows", "bad", "hints")
    assert {name: rehearsed[name] for name in figures} == {name: report[name] for name in figures}
    return report


async def person(office: RegistrationOffice, incident: str) -> dict[str, Any]:
    async with office.resources.database.transaction() as session:
        found = await session.fetchval(
            "select id from registration where incident_id = $1 and repeat_of is null", incident
        )
    shown: dict[str, Any] = (await office.http.get(f"/registrations/{found}")).json()
    return shown


def corrected(report: dict[str, Any]) -> list[str]:
    return [hint["column"] for hint in report["hints"] if hint["code"] == "row_corrected"]


async def test_a_corrected_row_updates_the_person_and_reports_the_fields(office: RegistrationOffice) -> None:
    incident = await office.open_incident()
    await imported(office, incident, HEAD, IDA)

    other = IDA.replace("20123456", "30123456").replace("Åvej 1", "Åvej 2")
    report = await imported(office, incident, HEAD, other)
    again = await imported(office, incident, HEAD, other)
    older = await imported(office, incident, HEAD, IDA)

    assert (report["registered"], report["already_there"], corrected(report)) == (
        0,
        1,
        ["Telefon", "Adresse"],
    )
    assert (corrected(again), corrected(older)) == ([], [])
    held = await person(office, incident)
    assert (held["phone"], held["addresses"][0]["line"]) == ("+4530123456", "Åvej 2")


async def test_a_reference_tells_which_row_was_corrected(office: RegistrationOffice) -> None:
    incident = await office.open_incident()
    await imported(office, incident, REFERRED, "F1;Ida Ibsen;offer;epc;20123456")

    report = await imported(office, incident, REFERRED, "F1;Ida Ibsen;offer;epc;30123456")
    older = await imported(office, incident, REFERRED, "F1;Ida Ibsen;offer;epc;20123456")
    other = await imported(office, incident, REFERRED, "F1;Bo Bohr;offer;epc;40123456")

    assert (report["bad"], report["already_there"], corrected(report)) == ([], 1, ["Telefon"])
    assert (older["already_there"], corrected(older)) == (1, [])
    assert [bad["column"] for bad in other["bad"]] == ["Reference nr"], (
        "another list has a row of this number"
    )
    assert (await person(office, incident))["phone"] == "+4530123456"


async def test_another_persons_correction_stays_and_an_empty_cell_deletes_nothing(
    office: RegistrationOffice,
) -> None:
    incident = await office.open_incident()
    await imported(office, incident, HEAD, IDA)
    who = (await person(office, incident))["registration_id"]
    said = {"phone": "40123456", "why": "Ringede selv"}
    await office.http.post(f"/registrations/{who}/corrections", json=said, headers={"X-Actor": "Ole Hotline"})

    report = await imported(office, incident, HEAD, f"Ida Ibsen;pårørende;epc;{CPR};30123456;;;")

    held = await person(office, incident)
    assert corrected(report) == ["Rolle"]
    assert (held["role"], held["phone"], held["addresses"][0]["line"]) == (
        "relative",
        "+4540123456",
        "Åvej 1",
    )


async def test_another_registrars_row_corrects_nothing(office: RegistrationOffice) -> None:
    incident = await office.open_incident()
    await imported(office, incident, HEAD, IDA)

    report = await imported(
        office, incident, HEAD, IDA.replace("epc", "sygehus").replace("20123456", "30123456")
    )

    assert corrected(report) == []
    assert (await person(office, incident))["phone"] == "+4520123456"


ANNA = f"1;Anna Hansen;offer;epc;{CPR};20123456;Åvej 1;8000;Aarhus"


@pytest.mark.parametrize(
    "row",
    [
        "1;Anna Jensen;offer;epc;;30123456;Bugade 9;5000;Odense",
        "1;Anna Hansen;offer;epc;0104909989;30123456;Bugade 9;5000;Odense",  # a CPR number of her own
        "1;Ukendt;offer;epc;;30123456;Bugade 9;5000;Odense",
    ],
)
async def test_a_reference_reused_in_the_next_list_overwrites_nobody(
    office: RegistrationOffice, row: str
) -> None:
    incident, head = await office.open_incident(), f"Reference nr;{HEAD}"
    await imported(office, incident, head, ANNA)

    report = await imported(office, incident, head, row)

    assert ([bad["column"] for bad in report["bad"]], corrected(report)) == (["Reference nr"], [])
    assert report["bad"][0]["code"] == "row_reference_used"
    held = await person(office, incident)
    assert (held["name"], held["phone"], held["addresses"][0]["line"]) == (
        "Anna Hansen",
        "+4520123456",
        "Åvej 1",
    )


@pytest.mark.parametrize(
    "row",
    [
        "1;Anna Hansson;offer;epc;;20123456;Åvej 2;;",  # the telephone number speaks for her
        "1;Anna Hanssen;offer;epc;;30123456;Åvej 2;;",  # one typo
        f"1;Anna Jensen;offer;epc;{CPR};30123456;Åvej 2;;",  # married
    ],
)
async def test_a_row_under_its_number_that_is_likely_the_same_person_corrects_them(
    office: RegistrationOffice, row: str
) -> None:
    incident, head = await office.open_incident(), f"Reference nr;{HEAD}"
    await imported(office, incident, head, ANNA)

    report = await imported(office, incident, head, row)

    assert (report["bad"], report["already_there"]) == ([], 1)
    assert {"Navn", "Adresse"} <= set(corrected(report))


async def merged_rows(office: RegistrationOffice, incident: str, head: str, *rows: str) -> tuple[str, ...]:
    """Import two rows of one name and merge them. Return the first, the second, its row, and the pair."""
    await office.import_csv(incident, "\n".join([head, *rows]).encode())
    async with office.resources.database.transaction() as session:
        found = await session.fetchcolumn(
            "select id from registration where incident_id = $1 order by id", incident
        )
    first, second = map(str, found)
    phone = (await shown(office, second))["phone"].removeprefix("+45")
    (row,) = [row for row in rows if phone in row]
    return first, second, row, await merged(office, incident, first, second)


async def test_a_corrected_row_of_a_merged_registration_corrects_that_one(office: RegistrationOffice) -> None:
    incident = await office.open_incident()
    rows = "F1;Anna Jensen;offer;epc;20123456", "F2;Anna Jensen;offer;epc;20123457"
    first, second, row, pair = await merged_rows(office, incident, REFERRED, *rows)
    before = (await shown(office, first))["own"].get("phone") or (await shown(office, first))["phone"]

    report = await imported(office, incident, REFERRED, f"{row.rsplit(';', 1)[0]};30999999")

    assert corrected(report) == ["Telefon"]
    await step(office, pair, "undo", FIRST)
    assert (await shown(office, first))["phone"] == before
    assert (await shown(office, second))["phone"] == "+4530999999"


async def test_a_row_of_a_merged_registration_corrects_what_it_changed_and_nothing_else(
    office: RegistrationOffice,
) -> None:
    incident = await office.open_incident()
    rows = "F1;Anna Jensen;offer;epc;20123456", "F2;Anna Jensen;offer;epc;20123457"
    first, _, row, _ = await merged_rows(office, incident, REFERRED, *rows)
    before = (await shown(office, first))["phone"]

    report = await imported(office, incident, REFERRED, row.replace("offer", "pårørende"))

    assert corrected(report) == ["Rolle"]
    assert (await shown(office, first))["phone"] == before


async def test_a_consent_in_a_corrected_row_of_a_merged_registration_is_that_ones(
    office: RegistrationOffice,
) -> None:
    incident, head = await office.open_incident(), f"{REFERRED};Samtykke"
    rows = "F1;Anna Jensen;offer;epc;20123456;nej", "F2;Anna Jensen;offer;epc;20123457;nej"
    first, second, row, pair = await merged_rows(office, incident, head, *rows)

    await send(office, incident, f"{head}\n{row.removesuffix('nej')}ja", **STATEMENT)

    await step(office, pair, "undo", FIRST)
    assert (await shown(office, first))["contact_until"] is None
    assert (await shown(office, second))["contact_until"] is not None
