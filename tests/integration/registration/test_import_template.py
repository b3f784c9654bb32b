"""The empty files of the import page hold every column that a valid row needs."""

import io
from collections.abc import AsyncIterator

import openpyxl
import pytest

from services.console.web import static_files
from tests.conftest import Databases
from tests.integration.registration.api_client import RegistrationOffice, opened

ADULT = {
    "navn": "Ida Ibsen", "rolle": "berørt", "sted": "pårørendecenter", "cpr": "0104909989",
    "telefon": "20 12 34 56", "email": "ida@example.dk", "adresse": "Åvej 1", "postnr": "0800",
    "by": "Høje Taastrup",
    "land": "DK", "sprog": "da", "tolk": "nej", "samtykke_registrering": "ja", "samtykke_kontakt": "ja",
    "kanaler": "opkald", "samtykketekst": "2026-1", "samtykke_sprog": "da", "indhentet": "mundtlig",
    "vidne": "Åse Vidne", "samtykke_tidspunkt": "24-11-2026 12:00",
}  # fmt: skip
CHILD = ADULT | {
    "navn": "Bo Ibsen", "cpr": "", "fødselsdato": "01-02-2018", "værge": "Ida Ibsen",
    "værge_cpr": "104909989",
    "indhentet": "papirskema", "vidne": "", "skema": "SK-1", "samtykke_af": "Hanne",
}  # fmt: skip


@pytest.fixture(scope="module")
async def office(databases: Databases) -> AsyncIterator[RegistrationOffice]:
    async with opened(databases) as made:
        yield made


def in_csv(*people: dict[str, str]) -> bytes:
    empty = (static_files.OWN / "registrerede.csv").read_text(encoding="utf-8-sig").strip()
    rows = [";".join(person.get(heading, "") for heading in empty.split(";")) for person in people]
    return "\r\n".join([empty, *rows]).encode()


def in_workbook(*people: dict[str, str]) -> bytes:
    book = openpyxl.load_workbook(static_files.OWN / "registrerede.xlsx")
    sheet = book.worksheets[0]
    headings = [str(cell.value) for cell in sheet[1]]
    for person in people:
        sheet.append([person.get(heading) for heading in headings])
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


@pytest.mark.parametrize("content", [in_csv(ADULT, CHILD), in_workbook(ADULT, CHILD)], ids=["csv", "xlsx"])
async def test_one_example_row_in_the_empty_file_is_imported_whole(
    office: RegistrationOffice, content: bytes
) -> None:
    incident = await office.open_incident()

    report = (await office.import_csv(incident, content)).json()

    assert (report["registered"], report["bad"]) == (2, [])
    async with office.resources.database.transaction() as session:
        ids = await session.fetch("select id from registration where incident_id = $1", incident)
    people = [(await office.http.get(f"/registrations/{row['id']}")).json() for row in ids]
    assert [len(person["consents"]) for person in people] == [2, 2]
    assert {person["addresses"][0]["postcode"] for person in people} == {"0800"}
    numbers = {consent["guardian_cpr"] for person in people for consent in person["consents"]}
    assert numbers == {None, "0104909989"}, "read with the zero that a spreadsheet took"


async def test_an_invalid_guardian_number_is_reported_once_by_its_column(office: RegistrationOffice) -> None:
    wrong = CHILD | {"værge_cpr": "310490-9989"}

    report = (await office.import_csv(await office.open_incident(), in_csv(wrong))).json()

    assert report["registered"] == 0
    assert [bad["column"] for bad in report["bad"]] == ["værge_cpr"]
