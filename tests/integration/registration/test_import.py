"""Import of a file: valid rows are imported, bad rows are reported, and importing it again adds nothing."""

import asyncio
from collections.abc import AsyncIterator
from uuid import UUID

import pytest

from deploy.local.driving import csv_of
from deploy.local.people import invent
from tests.conftest import Databases
from tests.integration.registration.api_client import RegistrationOffice, opened

HEADER = (
    "name,role,place,phone,birth_date,registration_consent,obtained_by,form_number,consented_at,wording,"
    "consent_language"
)
GOOD = "Ida Ibsen,victim,epc,20123456,31-12-1980,ja,paper_form,SK-9,2026-11-24T12:00,2026-1,da"


def csv(*rows: str, header: str = HEADER) -> bytes:
    return "\n".join([header, *rows]).encode()


@pytest.fixture(scope="module")
async def office(databases: Databases) -> AsyncIterator[RegistrationOffice]:
    async with opened(databases) as made:
        yield made


async def test_a_file_is_imported_and_importing_it_again_changes_nothing(
    office: RegistrationOffice,
) -> None:
    incident = await office.open_incident()
    content = b"".join(csv_of(invent(350)))

    first = (await office.import_csv(incident, content)).json()
    counts = await office.counts(incident)
    again = (await office.import_csv(incident, content)).json()

    assert (first["rows"], first["registered"], first["bad"]) == (350, 350, [])
    assert (again["registered"], again["already_there"]) == (0, 350)
    assert await office.counts(incident) == counts
    assert counts["registered"] == 350


@pytest.mark.parametrize("numbered", [True, False], ids=["with CPR numbers", "without any number"])
async def test_the_same_file_three_times_at_once_registers_everybody_once(
    office: RegistrationOffice, *, numbered: bool
) -> None:
    incident = await office.open_incident()
    unnumbered = csv(*(GOOD.replace("Ida", f"Ida {number}") for number in range(350)))
    content = b"".join(csv_of(invent(350))) if numbered else unnumbered

    reports = await asyncio.gather(*(office.import_csv(incident, content) for _ in range(3)))

    told = [report.json() for report in reports]
    assert sum(report["registered"] for report in told) == 350
    assert all(report["registered"] + report["already_there"] == 350 for report in told)
    assert (await office.counts(incident))["registered"] == 350


BAD = {
    "role": (GOOD.replace("victim", "helt"), "role"),
    "phone": (GOOD.replace("20123456", "123"), "phone"),
    "a date that does not exist": (GOOD.replace("31-12-1980", "31-02-1980"), "birth_date"),
    "neither yes nor no": (GOOD.replace(",ja,", ",måske,"), "registration_consent"),
    "paper without number": (GOOD.replace("SK-9", ""), "form_number"),
    "too many cells": (f"{GOOD},x", ""),
    "a quotation mark inside": ('"Ida"b,victim,epc,,,,,,,,', ""),
    "a moment of another age": (GOOD.replace("2026-11-24T12:00", "0001-01-01T00:00"), "consented_at"),
    "a name of nothing that is seen": (GOOD.replace("Ida Ibsen", "\0\u200b"), "name"),
    "a number for a moment": (GOOD.replace("2026-11-24T12:00", "20261124"), "consented_at"),
    "a field too long for any person": (GOOD.replace("Ida", "I" * 120_000), ""),
    "no name": (GOOD.replace("Ida Ibsen", " "), "name"),
}  # fmt: skip


@pytest.mark.parametrize(("row", "column"), BAD.values(), ids=BAD)
async def test_a_bad_row_is_reported_by_line_and_column_and_the_other_rows_are_imported(
    office: RegistrationOffice, row: str, column: str
) -> None:
    incident = await office.open_incident()

    report = (await office.import_csv(incident, csv(GOOD, "", row, GOOD.replace("Ida", "Bo")))).json()

    assert (report["registered"], report["bad_rows"]) == (2, 1)
    assert [(bad["line"], bad["column"]) for bad in report["bad"]] == [(4, column)]
    assert "Ibsen" not in str(report)


async def test_a_row_that_is_not_utf_8_is_rejected_and_no_other(office: RegistrationOffice) -> None:
    incident = await office.open_incident()
    content = csv(GOOD.replace("Ida", "Åse")) + b"\n" + GOOD.replace("Ida", "Søren").encode("latin-1") + b"\n"

    report = (await office.import_csv(incident, content)).json()

    assert report["registered"] == 1
    assert (report["bad"][0]["line"], report["bad"][0]["code"]) == (3, "file_not_utf_8")


async def test_a_file_from_a_danish_spreadsheet_is_read(office: RegistrationOffice) -> None:
    incident = await office.open_incident()
    content = b"\xef\xbb\xbf" + csv(GOOD.replace(",", ";"), header=HEADER.replace(",", ";")).replace(
        b"\n", b"\r\n"
    )

    assert (await office.import_csv(incident, content)).json()["registered"] == 1


@pytest.mark.parametrize(
    ("header", "column"),
    [
        ("name,role", "place"),
        ("name,role,place,shoe_size", "shoe_size"),
        ("name,role,place,name", "name"),
        ("", ""),
        ('"name"x,role,place', ""),
        ('"name,role,place', ""),
        ("name,role,place\rIda,victim,epc", ""),
        ("n" * 200_000, ""),
    ],
)
async def test_a_header_that_cannot_be_read_imports_nothing(
    office: RegistrationOffice, header: str, column: str
) -> None:
    incident = await office.open_incident()

    answer = await office.import_csv(incident, csv(header=header))

    assert answer.status_code == 422
    assert column in [error["field"] for error in answer.json()["errors"]]


async def test_a_reference_with_different_cells_is_reported(office: RegistrationOffice) -> None:
    incident = await office.open_incident()
    header = "reference,name,role,place"
    await office.import_csv(incident, csv("F1,Ida,victim,epc", header=header))

    report = (await office.import_csv(incident, csv("F1,Bo,victim,epc", header=header))).json()

    assert (report["registered"], report["bad"][0]["column"]) == (0, "reference")


async def test_scene_rows_of_a_closed_incident_are_rejected_and_hotline_rows_imported(
    office: RegistrationOffice,
) -> None:
    incident = await office.open_incident()
    await office.http.post(f"/incidents/{incident}/close")

    report = (
        await office.import_csv(incident, csv(GOOD, GOOD.replace("epc", "hotline").replace("Ida", "Bo")))
    ).json()

    assert (report["registered"], report["bad"][0]["line"], report["bad"][0]["column"]) == (1, 2, "place")


async def test_a_reference_of_a_forgotten_person_is_rejected_with_that_reason(
    office: RegistrationOffice,
) -> None:
    incident, header = await office.open_incident(), "reference,name,role,place"
    await office.import_csv(incident, csv("F1,Ida,victim,epc", header=header))
    async with office.resources.database.transaction() as session:
        person = await session.fetchval("select id from registration where incident_id = $1", UUID(incident))
    await office.http.post(f"/registrations/{person}/forget", json={"why": "bad om det"})

    path, other = f"/incidents/{incident}/imports", csv("F1,Bo,victim,epc", header=header)
    tried = (await office.http.post(path, params={"dry_run": True}, content=other)).json()["bad"]
    sent = (await office.import_csv(incident, other)).json()["bad"]

    assert tried == sent
    assert [one["code"] for one in sent] == ["person_erased"]
