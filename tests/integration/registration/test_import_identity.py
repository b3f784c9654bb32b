"""The same people are imported once, however the file was saved."""

import unicodedata
from collections.abc import AsyncIterator, Callable, Sequence
from datetime import datetime

import pytest

from tests.conftest import Databases
from tests.integration.registration.api_client import RegistrationOffice, opened
from tests.workbooks import workbook

HEADER = (
    "Navn", "Rolle", "Sted", "Fødselsdato", "Telefon", "E-mail", "Adresse", "Postnr.", "By",
    "Samtykke registrering", "Samtykke kontakt", "Kanaler", "Samtykketekst", "Samtykke-sprog", "Indhentet",
    "Skema nr.", "Samtykke tidspunkt",
)  # fmt: skip
ROWS = tuple(
    (
        f"Åse Prøvesen {number}", "pårørende", "Pårørendecenter", "01-04-1990", f"+45 20 12 34 5{number}",
        f"aase{number}@example.dk", "Åvej 1", "8000", "Aarhus", "ja", "ja", "opkald, e-mail", "2026-1", "da",
        "papir", f"SK-{number}", "24-11-2026 12:00",
    )
    for number in range(8)
)  # fmt: skip
Cells = Sequence[Sequence[object]]


@pytest.fixture(scope="module")
async def office(databases: Databases) -> AsyncIterator[RegistrationOffice]:
    async with opened(databases) as made:
        yield made


def csv(rows: Cells, delimiter: str = ";", encoding: str = "utf-8") -> bytes:
    return "\r\n".join(delimiter.join(f'"{cell}"' for cell in row) for row in rows).encode(encoding)


def changed(*columns: str, by: Callable[[str], object]) -> list[Sequence[object]]:
    places = [HEADER.index(column) for column in columns] or list(range(len(HEADER)))
    return [HEADER, *([by(cell) if at in places else cell for at, cell in enumerate(row)] for row in ROWS)]


def excel() -> bytes:
    rows: list[list[object]] = [list(row) for row in ROWS]
    for row in rows:
        row[3], row[4] = datetime(1990, 4, 1), int(str(row[4]).replace(" ", "").removeprefix("+"))  # noqa: DTZ001
        row[7], row[9], row[16] = 8000.0, True, datetime(2026, 11, 24, 12)  # noqa: DTZ001
    return workbook([HEADER, *map(tuple, rows)])


SAVED = {
    "by commas": csv([HEADER, *ROWS], ","),
    "in Windows-1252": csv([HEADER, *ROWS], encoding="cp1252"),
    "with composed letters taken apart": unicodedata.normalize("NFD", csv([HEADER, *ROWS]).decode()).encode(),
    "as a workbook, with its dates and numbers": excel(),
    "with dates by ISO 8601": csv(changed("Fødselsdato", by=lambda _: "1990-04-01")),
    "with moments by ISO 8601": csv(changed("Samtykke tidspunkt", by=lambda _: "2026-11-24T11:00:00Z")),
    "with English words": csv(changed("Samtykke registrering", "Samtykke kontakt", by=lambda _: "yes")),
    "in capitals": csv(changed("Navn", "Rolle", "E-mail", "By", by=str.upper)),
    "with spaces": csv(changed("Navn", "Adresse", by=lambda cell: "  " + cell.replace(" ", "\u00a0 "))),
    "with direction marks": csv(changed("Navn", "Telefon", "Postnr.", by=lambda cell: f"\u202d{cell}\u202c")),
    "without the plus": csv(changed("Telefon", by=lambda cell: cell.removeprefix("+"))),
    "without the country code": csv(changed("Telefon", by=lambda cell: cell.removeprefix("+45 "))),
    "with an empty column more": csv([(*HEADER, "Notat"), *((*row, "") for row in ROWS)]),
    "in another order": csv([row[::-1] for row in (HEADER, *ROWS)]),
}  # fmt: skip


@pytest.mark.parametrize("content", SAVED.values(), ids=SAVED)
async def test_the_same_people_come_in_once_however_the_file_was_saved(
    office: RegistrationOffice, content: bytes
) -> None:
    incident = await office.open_incident()
    first = (await office.import_csv(incident, csv([HEADER, *ROWS]))).json()

    again = (await office.import_csv(incident, content)).json()

    assert (first["registered"], first["bad"]) == (8, [])
    assert (again["registered"], again["already_there"], again["bad"]) == (0, 8, [])


@pytest.mark.parametrize("column", ["Navn", "Telefon", "E-mail", "Adresse", "Skema nr."])
async def test_rows_that_say_something_else_are_other_rows(office: RegistrationOffice, column: str) -> None:
    incident = await office.open_incident()
    other = {"Telefon": "+45 30 12 34 56", "E-mail": "en.anden@example.dk"}.get(column, "Noget andet")
    await office.import_csv(incident, csv([HEADER, ROWS[0]]))

    changed_row = [other if name == column else cell for name, cell in zip(HEADER, ROWS[0], strict=True)]
    again = (await office.import_csv(incident, csv([HEADER, changed_row]))).json()

    assert again["already_there"] == 0
