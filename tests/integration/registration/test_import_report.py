"""The report is in the file's language, and the file of rejected rows can be corrected and imported."""

import csv
import io
from collections.abc import AsyncIterator

import pytest

from tests.conftest import Databases
from tests.integration.registration.api_client import RegistrationOffice, opened

HEAD = "Fulde navn;Rolle;Sted;Mobilnr;Bemærkninger"


@pytest.fixture(scope="module")
async def office(databases: Databases) -> AsyncIterator[RegistrationOffice]:
    async with opened(databases) as made:
        yield made


async def refused(office: RegistrationOffice, import_id: str) -> list[list[str]]:
    answer = await office.http.get(f"/imports/{import_id}/bad-rows.csv")
    return list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig")), delimiter=";"))


async def test_the_report_of_a_danish_file_uses_its_headings_and_danish_words(
    office: RegistrationOffice,
) -> None:
    incident = await office.open_incident()
    content = f"{HEAD}\nIda Ibsen;helt;epc;123;\n;offer;epc;;\n".encode()

    report = (await office.import_csv(incident, content)).json()
    rows = await refused(office, report["import_id"])

    assert [(bad["line"], bad["column"]) for bad in report["bad"]] == [
        (2, "Rolle"), (2, "Mobilnr"), (3, "Fulde navn"),
    ]  # fmt: skip
    assert (
        report["bad"][0]["reason"]
        == "Not an allowed value. Write one of: berørt, pårørende, vidne, personale, andet."
    )
    assert (
        report["bad"][0]["said"]
        == "Ikke en tilladt værdi. Skriv en af: berørt, pårørende, vidne, personale, andet."
    )
    assert report["bad"][2]["said"] == "Mangler. Udfyld feltet."
    assert rows[0] == [*HEAD.split(";"), "linje", "begrundelse"]
    assert rows[1][:6] == ["Ida Ibsen", "helt", "epc", "123", "", "2"]
    assert rows[1][6].startswith("Rolle: Ikke en tilladt værdi. Skriv en af: berørt, pårørende")
    assert ". Desuden: Mobilnr: Ikke et dansk nummer" in rows[1][6]
    assert rows[2][5:] == ["3", "Fulde navn: Mangler. Udfyld feltet."]


async def test_the_report_of_an_english_file_is_in_english(office: RegistrationOffice) -> None:
    incident = await office.open_incident()

    report = (await office.import_csv(incident, b"name;role;place\nIda;hero;epc\n")).json()
    rows = await refused(office, report["import_id"])

    assert [(bad["column"], bad["said"]) for bad in report["bad"]] == [
        ("role", "Not an allowed value. Write one of: victim, relative, witness, responder, other.")
    ]
    assert rows[0] == ["name", "role", "place", "line", "reason"]


RISKY = ("=1+1", "+1+1", "-2+3", "@SUM(A1)", "=cmd|' /C calc'!A0", "+45-20", "\uff1d1+1")


async def test_no_cell_of_the_refused_rows_runs_as_a_formula_and_each_comes_back_as_it_was(
    office: RegistrationOffice,
) -> None:
    incident = await office.open_incident()
    text = "\n".join([HEAD, *(f"Ida;helt;epc;+45 20 12 34 56;{cell}" for cell in RISKY)])

    first = (await office.import_csv(incident, text.encode())).json()
    rows = await refused(office, first["import_id"])
    mended = (await office.http.get(f"/imports/{first['import_id']}/bad-rows.csv")).content
    again = (await office.import_csv(incident, mended.replace(b"helt", b"vidne"))).json()

    assert [row[4] for row in rows[1:]] == [f"'{cell}" for cell in RISKY]
    assert [row[3] for row in rows[1:]] == ["+45 20 12 34 56"] * len(RISKY), "digits compute nothing"
    assert not any(cell[:1] in {"=", "@", "-"} for row in rows for cell in row)
    assert (again["registered"], again["bad"]) == (len(RISKY), [])
    async with office.resources.database.transaction() as session:
        ids = await session.fetch("select id from registration where incident_id = $1", incident)
    notes = [(await office.http.get(f"/registrations/{row['id']}")).json()["note"] for row in ids]
    assert sorted(notes) == sorted(RISKY)
