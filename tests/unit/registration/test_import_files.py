"""Reading files into records: workbooks and CSV. Damage is reported at its row."""

import io
import zipfile
from datetime import datetime, time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.wire.error_codes import ErrorCode
from services.registration.imports.csv_file import CsvReader
from services.registration.imports.header import HeaderError
from services.registration.imports.record import FileRecord
from services.registration.imports.xlsx_file import cell_text, read_sheet
from tests.workbooks import part, with_part, workbook

LARGEST = 1_000_000
HEADER = ("name", "role", "place")


def records(content: bytes, sheet: str | None = None) -> list[FileRecord]:
    return list(read_sheet(io.BytesIO(content), sheet, LARGEST))


def test_rows_before_the_damage_are_read_and_the_damage_is_reported_at_its_row() -> None:
    whole = workbook([HEADER, *((f"Ida {at}", "victim", "epc") for at in range(5))])
    xml = part(whole).replace(b"<sheetData", b'<dimension ref="A1:C6" /><sheetData')

    read = records(with_part(whole, xml[: xml.index(b"Ida 3") - 20]))

    assert [record.cells[0] for record in read[:4]] == ["name", "Ida 0", "Ida 1", "Ida 2"]
    assert [(record.line, record.error is not None) for record in read[4:]] == [(5, True)]


def test_a_title_above_the_header_is_dropped_but_a_person_there_is_kept() -> None:
    titled = records(workbook([("Deltagere",), (), HEADER, ("Ida", "victim", "epc")]))
    headerless = records(workbook([("Bo", "victim", "epc"), HEADER, ("Ida", "victim", "epc")]))

    assert [record.line for record in titled] == [3, 4]
    assert [record.line for record in headerless] == [1, 2, 3]


def test_a_workbook_of_too_many_parts_is_refused_before_it_is_unpacked() -> None:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as new:
        for number in range(2001):
            new.writestr(f"xl/{number}.xml", b"")

    with pytest.raises(HeaderError) as told:
        records(made.getvalue())

    assert [one.code for one in told.value.errors] == [ErrorCode.FILE_UNPACKS_TOO_LARGE]


def test_entities_that_grow_are_not_unfolded() -> None:
    whole = workbook([HEADER, ("Ida", "victim", "epc")])
    laughs = b"".join(b'<!ENTITY l%d "%s">' % (at, b"&l%d;" % (at - 1) * 50) for at in range(1, 12))
    doctype = b'<!DOCTYPE worksheet [<!ENTITY l0 "ha">' + laughs + b"]>"
    xml = part(whole).replace(b"Ida", b"&l11;")

    with pytest.raises(HeaderError):
        records(with_part(whole, doctype + xml.split(b"?>", 1)[-1]))


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, ""), (True, "yes"), (20123456.0, "20123456"), (104909989, "104909989"), (0.5, "0.5"),
        (datetime(1980, 12, 31), "1980-12-31"),  # noqa: DTZ001 - as spreadsheets have them
        (datetime(2026, 11, 24, 12, 0, 0, 499), "2026-11-24T12:00:00"),  # noqa: DTZ001 - the same
        (time(12, 30), "12:30:00"),
    ],
)  # fmt: skip
def test_a_cell_gets_the_text_it_would_have_in_a_csv_file(value: object, text: str) -> None:
    assert cell_text(value) == text


def read(content: bytes, size: int) -> list[FileRecord]:
    file = CsvReader()
    found = [record for at in range(0, len(content), size) for record in file.feed(content[at : at + size])]
    return [*found, *file.end()]


NAMES = st.lists(st.text("aæøåÆØÅéü ", min_size=1).map(str.strip).filter(bool), min_size=1, max_size=8)


@given(NAMES, st.integers(1, 9))
def test_a_file_in_windows_1252_is_read_whole_however_it_is_chopped(names: list[str], size: int) -> None:
    content = "\n".join(f"{name};victim" for name in names).encode("cp1252")

    found = read(content, size)

    hints = [record.line for record in found if record.hints]
    assert [record.cells[0] for record in found] == names
    assert hints == [at for at, name in enumerate(names, 1) if not name.isascii()][:1]


@given(NAMES, st.integers(1, 9))
def test_a_file_in_utf_8_is_never_read_otherwise(names: list[str], size: int) -> None:
    content = "\n".join(f"{name};victim" for name in names).encode()

    found = read(content, size)

    assert [record.cells[0] for record in found] == names
    assert not any(record.hints for record in found)


def test_a_first_line_that_names_the_separator_is_followed_and_is_no_row() -> None:
    file = CsvReader()

    read = [*file.feed(b"\xef\xbb\xbfsep=,\r\nname,role,place\r\nIda;Ib,victim,epc\r\n"), *file.end()]

    assert [(one.line, one.cells) for one in read] == [(2, HEADER), (3, ("Ida;Ib", "victim", "epc"))]
