"""Files with common variations are read, or rejected with a clear reason."""

from collections.abc import AsyncIterator

import pytest

from contracts.wire.error_codes import ErrorCode
from contracts.wire.errors import FieldError
from tests.conftest import Databases
from tests.integration.registration.api_client import RegistrationOffice, opened
from tests.workbooks import book_of, saved, workbook

IDA = {
    "name": "Ida Marie Ibsen", "role": "victim", "place": "epc", "phone": "+4520123456",
    "email": "ida@example.dk",
    "birth_date": "1980-12-31", "street": "Åvej 1", "postcode": "8000", "city": "Aarhus C",
}  # fmt: skip
ROW = "Ida Marie Ibsen;offer;epc;20123456;ida@example.dk;31-12-1980;Åvej 1;8000;Aarhus C"
HEAD = "Navn;Rolle;Sted;Telefon;E-mail;Fødselsdato;Adresse;Postnr;By"


@pytest.fixture(scope="module")
async def office(databases: Databases) -> AsyncIterator[RegistrationOffice]:
    async with opened(databases) as made:
        yield made


def lines(*rows: str) -> bytes:
    return "\r\n".join(rows).encode()


def with_headings(**changed: str) -> bytes:
    return lines(";".join(changed.get(name.replace("-", "_"), name) for name in HEAD.split(";")), ROW)


SHEET = [tuple(HEAD.split(";")), tuple(ROW.split(";"))]
VARIANTS = {
    "rows shorter than the headings": lines(f"{HEAD};Notat;Sprog", ROW),
    "a title above the headings": lines("Registrerede i pårørendecenteret, 24. november 2026", "", HEAD, ROW),
    "a title of cells above the headings": lines("Hændelse;Togulykke;;;;;;;", HEAD, ROW),
    "invisible characters in the headings": with_headings(
        Navn="\u200bNavn\u00ad", Telefon="\ufeffTele\u200dfon"
    ),
    "Mobilnr and E-mail adresse": with_headings(Telefon="Mobilnr", E_mail="E-mail adresse"),
    "Telefon nummer": with_headings(Telefon="Telefon nummer", E_mail="E-mailadresse:"),
    "given and family name": lines(
        HEAD.replace("Navn", "Fornavn;Efternavn"), ROW.replace("Ida Marie Ibsen", "Ida Marie;Ibsen")
    ),
    "given name beside the family name": lines(
        HEAD.replace("Navn", "Fornavn;Navn"), ROW.replace("Ida Marie Ibsen", "Ida Marie;Ibsen")
    ),
    "postcode with city": lines(
        HEAD.replace("Postnr;By", "Postnr. og by"), ROW.replace("8000;Aarhus C", "8000 Aarhus C")
    ),
    "city with postcode": lines(
        HEAD.replace("Postnr;By", "By"), ROW.replace("8000;Aarhus C", "DK-8000 Aarhus C")
    ),
    "postcode and city behind the street": lines(
        HEAD.replace(";Postnr;By", ""), ROW.replace("Åvej 1;8000;Aarhus C", "Åvej 1, 8000 Aarhus C")
    ),
    "carriage-return escapes": lines(
        HEAD, ROW.replace("Ibsen", "Ibsen_x000D_").replace("Åvej 1", "Åvej 1_x000D_")
    ),
    "a space before a quoted cell": lines(
        HEAD.replace(";", ", "), ", ".join(f'"{cell}"' for cell in ROW.split(";"))
    ),
    "tick boxes in empty rows": lines(
        f"{HEAD};Samtykke kontakt;Tolk", f"{ROW};;", *[";;;;;;;;;FALSK;FALSK"] * 3, ";;;;;;;;;☐;☑"
    ),
    "a summary sheet before the list": saved(
        book_of(Oversigt=[("Indsats", "Antal"), ("Registrerede", 1), ("I alt", 1)], Personer=SHEET)
    ),
    "a workbook with escapes and tick boxes": workbook(
        [
            (*SHEET[0], "Tolk"), (*(f"{cell}_x000D_" for cell in SHEET[1]), False),
            *[(*[None] * 9, False)] * 5,
        ]
    ),
}  # fmt: skip


@pytest.mark.parametrize("content", VARIANTS.values(), ids=VARIANTS)
async def test_a_file_is_read_as_it_was_meant(office: RegistrationOffice, content: bytes) -> None:
    incident = await office.open_incident()

    report = (await office.import_csv(incident, content)).json()

    assert (report.get("rows"), report.get("registered"), report.get("bad")) == (1, 1, []), report
    async with office.resources.database.transaction() as session:
        found = await session.fetchval("select id from registration where incident_id = $1", incident)
    person = (await office.http.get(f"/registrations/{found}")).json()
    (address,) = person["addresses"]
    told = {name: person[name] for name in ("name", "role", "place", "phone", "email", "birth_date")}
    assert told | {"street": address["line"], **{name: address[name] for name in ("postcode", "city")}} == IDA


async def test_a_row_with_too_few_cells_gets_a_hint_and_one_with_too_many_is_rejected(
    office: RegistrationOffice,
) -> None:
    incident = await office.open_incident()

    report = (await office.import_csv(incident, lines(HEAD, "Bo Bohr;vidne;epc", f"{ROW};for meget"))).json()

    assert (report["registered"], [bad["line"] for bad in report["bad"]]) == (1, [3])
    assert [(hint["line"], hint["code"]) for hint in report["hints"]] == [(2, "cells_missing")]


async def test_two_headings_for_one_column_are_reported_as_written(office: RegistrationOffice) -> None:
    incident = await office.open_incident()

    answer = await office.import_csv(incident, lines(f"{HEAD};Mobil", f"{ROW};"))

    assert (answer.status_code, answer.json()["errors"]) == (
        422, [FieldError("Telefon, Mobil", ErrorCode.COLUMN_TWICE).document()]
    )  # fmt: skip
