"""Files from Danish spreadsheets: workbooks, Windows-1252, Danish words."""

import io
import zipfile
from collections.abc import AsyncIterator
from datetime import date, datetime

import pytest

from tests.conftest import Databases
from tests.integration.registration.api_client import CPR, RegistrationOffice, opened
from tests.workbooks import book_of, computed, saved, workbook

DANISH = (
    "Navn", "Rolle", "Sted", "CPR-nr.", "Telefon", "Adresse", "Postnr.", "By", "Kommune", "Fødselsdato",
    "Samtykke registrering", "Samtykke kontakt", "Kanaler", "Samtykketekst", "Samtykke-sprog", "Indhentet",
    "Skema nr.", "Samtykke tidspunkt",
)  # fmt: skip
SOEREN = (
    "Søren Prøvesen", "pårørende", "Pårørendecenter", "0104909989", "20 12 34 56", "Åvej 1", "8000", "Aarhus",
    "0751", "01-04-1990", "ja", "ja", "opkald, e-mail", "2026-1", "da", "papir", "SK-7", "2026-11-24T12:00",
)  # fmt: skip


@pytest.fixture(scope="module")
async def office(databases: Databases) -> AsyncIterator[RegistrationOffice]:
    async with opened(databases) as made:
        yield made


async def only_person(office: RegistrationOffice, incident: str) -> dict[str, object]:
    async with office.resources.database.transaction() as session:
        (found,) = await session.fetch("select id from registration where incident_id = $1", incident)
    opened_: dict[str, object] = (await office.http.get(f"/registrations/{found['id']}")).json()
    return opened_


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252"])
async def test_danish_columns_and_words_are_read_in_the_encodings_of_danish_spreadsheets(
    office: RegistrationOffice, encoding: str
) -> None:
    incident = await office.open_incident()
    content = "\r\n".join([";".join(DANISH), ";".join(SOEREN)]).encode(encoding)

    report = (await office.import_csv(incident, content)).json()
    person = await only_person(office, incident)

    assert (report["registered"], report["bad"]) == (1, [])
    assert any(hint["code"] == "file_windows_1252" for hint in report["hints"]) == (encoding == "cp1252")
    assert (person["name"], person["role"], person["place"]) == ("Søren Prøvesen", "relative", "epc")
    assert {entry["purpose"]: entry["channels"] for entry in person["consents"]} == {  # type: ignore[attr-defined]
        "registration": [],
        "contact": ["call", "email"],
    }


async def test_utf_8_in_a_file_that_began_as_windows_1252_is_bad_not_misread(
    office: RegistrationOffice,
) -> None:
    incident = await office.open_incident()
    head = "name;role;place\nSøren;victim;epc\n".encode("cp1252")

    report = (await office.import_csv(incident, head + "Åse;victim;epc\n".encode())).json()

    assert (report["registered"], [bad["line"] for bad in report["bad"]]) == (1, [3])


async def test_a_workbook_is_read_as_it_was_meant(office: RegistrationOffice) -> None:
    incident = await office.open_incident()
    numbers = [*SOEREN]
    numbers[3], numbers[4], numbers[6], numbers[8] = 104909989, 20123456.0, 8000, 751  # type: ignore[call-overload]
    numbers[9], numbers[10], numbers[17] = datetime(1990, 4, 1), True, datetime(2026, 11, 24, 12, 0)  # type: ignore[call-overload] # noqa: DTZ001
    rows = [
        ("Deltagerliste", None, date(2026, 11, 24)),
        (),
        (*DANISH, None, ""),
        (*numbers, None, " "),
        (None,) * 20,
    ]

    report = (await office.import_csv(incident, workbook(rows))).json()
    person = await only_person(office, incident)

    assert (report["way"], report["rows"], report["registered"], report["bad"]) == ("xlsx", 1, 1, [])
    assert {hint["column"] for hint in report["hints"]} == {"CPR-nr.", "Kommune"}
    assert person["phone"] == "+4520123456"
    assert person["birth_date"] == "1990-04-01"
    assert person["identifiers"][0]["value"] == "0104909989"  # type: ignore[index]
    assert person["addresses"][0]["municipality"] == "0751"  # type: ignore[index]


async def test_the_sheet_named_is_read_and_a_name_that_is_not_there_is_refused(
    office: RegistrationOffice,
) -> None:
    incident = await office.open_incident()
    content = workbook([("name", "role", "place"), ("Ida", "victim", "epc")], "Ark1", "Tomt")
    path = f"/incidents/{incident}/imports"

    statuses = [
        (await office.http.post(path, params={"sheet": sheet}, content=content)).status_code
        for sheet in ("ark1", "Tomt", "Hvad")
    ]

    assert statuses == [200, 422, 422]
    assert (await office.counts(incident))["registered"] == 1


async def test_a_bad_row_of_a_workbook_is_reported_by_its_row(office: RegistrationOffice) -> None:
    incident = await office.open_incident()
    rows = [("name", "role", "place", "phone"), ("Ida", "victim", "epc"), (), ("Bo", "victim", "epc", "#N/A")]

    report = (await office.import_csv(incident, workbook(rows))).json()

    assert report["registered"] == 1
    assert [(bad["line"], bad["column"]) for bad in report["bad"]] == [(4, "phone")]


async def test_a_formula_without_a_saved_value_is_reported_and_marked_in_the_file_of_bad_rows(
    office: RegistrationOffice,
) -> None:
    incident = await office.open_incident()
    rows = [
        ("name", "role", "place", "phone", "street"),
        ("Ida", "victim", "epc", "20123456", "Åvej 1"),
        ("Bo", "victim", "epc", "=D2", "Åvej 1"),
        ("Ea", "victim", "epc", "20123457", "=E2"),
    ]
    content = computed(saved(book_of(Ark1=rows)))
    path = f"/incidents/{incident}/imports"

    rehearsed = (await office.http.post(path, params={"dry_run": True}, content=content)).json()
    report = (await office.http.post(path, content=content)).json()
    refused = (await office.http.get(f"/imports/{report['import_id']}/bad-rows.csv")).content
    again = (await office.import_csv(incident, refused)).json()

    assert rehearsed["bad"] == report["bad"]
    assert [(bad["line"], bad["column"]) for bad in report["bad"]] == [(3, "phone"), (4, "street")]
    assert all(bad["code"] == "cell_formula_unsaved" for bad in report["bad"])
    assert refused.decode().count("Open the file in Excel or LibreOffice, save it") == 2
    assert [(bad["line"], bad["column"]) for bad in again["bad"]] == [(2, "phone"), (3, "street")]
    assert (await office.counts(incident))["registered"] == report["registered"] == 1


async def test_a_workbook_with_several_sheets_gets_a_hint_that_one_was_read(
    office: RegistrationOffice,
) -> None:
    incident = await office.open_incident()
    header = ("name", "role", "place")
    content = saved(book_of(Ark1=[header, ("Ida", "victim", "epc")], Ark2=[header, ("Bo", "victim", "epc")]))

    report = (await office.import_csv(incident, content)).json()

    assert (report["registered"], report["bad"]) == (1, [])
    assert [(hint["line"], hint["column"]) for hint in report["hints"]] == [(1, "sheet")]


def bomb() -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as made:
        made.writestr("xl/sharedStrings.xml", b"\0" * 150_000_000)
    return content.getvalue()


async def test_a_workbook_too_large_a_bomb_and_an_old_one_are_refused_with_what_to_do(
    office: RegistrationOffice,
) -> None:
    incident = await office.open_incident()

    answers = [
        await office.import_csv(incident, content)
        for content in (b"PK\x03\x04" + b"\0" * 50_000_001, bomb(), b"\xd0\xcf\x11\xe0" + b"\0" * 600)
    ]

    assert [answer.status_code for answer in answers] == [413, 422, 422]
    assert all("CSV" in answer.text for answer in answers)
    assert "unpacks to more" in answers[1].text
    states = (await office.http.get(f"/incidents/{incident}/imports")).json()
    assert [one["state"] for one in states] == ["failed"] * 3


async def test_a_row_with_the_number_of_another_name_gets_a_hint(
    office: RegistrationOffice,
) -> None:
    incident = await office.open_incident()
    await office.register(incident)
    head = "name;role;place;cpr\n"

    same = (await office.import_csv(incident, f"{head}Nancy Berggren;victim;epc;{CPR}\n".encode())).json()
    other = (await office.import_csv(incident, f"{head}Ole Prøvesen;victim;epc;{CPR}\n".encode())).json()

    assert [(report["registered"], report["already_there"]) for report in (same, other)] == [(0, 1), (1, 0)]
    assert [hint for hint in same["hints"] if hint["code"] == "id_held_by_other"] == []
    (told,) = [hint for hint in other["hints"] if hint["code"] == "id_held_by_other"]
    assert (told["line"], told["column"]) == (2, "cpr")
