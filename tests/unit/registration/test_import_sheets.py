"""Cells that a workbook shows but has no value for are reported, never read as empty."""

import io
from datetime import datetime

import pytest
from openpyxl.worksheet.formula import ArrayFormula

from contracts.wire.error_codes import ErrorCode
from contracts.wire.errors import FieldError
from services.registration.imports.columns import PersonRow, read_row
from services.registration.imports.header import HeaderError, read_header
from services.registration.imports.record import FileRecord
from services.registration.imports.unreadable_cells import FORMULA, MERGED, unreadable_code
from services.registration.imports.xlsx_file import cell_text, read_sheet
from tests.unit.registration.moments import NOW
from tests.workbooks import book_of, computed, part, saved, with_part, workbook

HEADER = ("name", "role", "place", "phone", "street")
IDA = ("Ida", "victim", "epc", "20123456", "Åvej 1")


def records(content: bytes, sheet: str | None = None) -> list[FileRecord]:
    return list(read_sheet(io.BytesIO(content), sheet, 1_000_000))


def phones(content: bytes) -> list[str]:
    return [record.cells[3] for record in records(content)[1:]]


def with_phone(cell: str) -> bytes:
    """Give a workbook of one person, whose telephone cell is this XML."""
    content = workbook([HEADER, (*IDA[:3], "#", IDA[4])])
    before, _, after = part(content).partition(b'<c r="D2"')
    return with_part(content, before + cell.encode() + after.partition(b"</c>")[2])


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        ('<c r="D2"><f>A2</f></c>', FORMULA),
        ('<c r="D2"><f>A2</f><v></v></c>', FORMULA),
        ('<c r="D2" t="str"><f>A2</f></c>', FORMULA),
        ('<c r="D2"><f t="shared" si="0"/></c>', FORMULA),
        ('<c r="D2" t="e"><f>A2</f></c>', FORMULA),
        ('<c r="D2"><f t="shared" si="0"/><v>20123456</v></c>', "20123456"),
        ('<c r="D2"><f>A2</f><v>2.0123456E7</v></c>', "20123456"),
        ('<c r="D2"><f>A2</f><v>0</v></c>', "0"),
        ('<c r="D2" t="str"><f>A2</f><v></v></c>', ""),
        ('<c r="D2" t="str"><f>A2</f><v>20 12 34 56</v></c>', "20 12 34 56"),
        ('<c r="D2" t="b"><f>A2</f><v>0</v></c>', "no"),
        ('<c r="D2" t="e"><f>A2</f><v>#REF!</v></c>', "#REF!"),
    ],
)
def test_a_formula_is_its_saved_value_and_bears_a_mark_where_none_was_saved(cell: str, text: str) -> None:
    assert phones(computed(with_phone(cell))) == [text]


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        ('<c r="D2"><f>A2</f><v>0</v></c>', FORMULA),
        ('<c r="D2" t="str"><f>A2</f><v></v></c>', FORMULA),
        ('<c r="D2" t="b"><f>A2</f><v>0</v></c>', "no"),
        ('<c r="D2"><f>A2</f><v>20123456</v></c>', "20123456"),
        ('<c r="D2"><v>0</v></c>', "0"),
    ],
)
def test_a_placeholder_of_a_program_that_computes_nothing_is_no_value(cell: str, text: str) -> None:
    assert phones(with_phone(cell)) == [text]


def test_each_row_that_one_formula_would_fill_is_marked_and_the_next_is_not() -> None:
    without = (*IDA[:3], None, IDA[4])
    book = book_of(Ark1=[HEADER, without, without, (*IDA[:3], 0, IDA[4]), without])
    book["Ark1"]["D2"] = ArrayFormula("D2:D4", "=A2:A4")

    assert phones(saved(book)) == [FORMULA, FORMULA, FORMULA, ""]


def test_a_formula_of_many_cells_that_does_not_say_which_marks_its_own() -> None:
    content = with_phone('<c r="D2"><f t="array">A2</f></c>')

    assert records(content)[1].cells == (*IDA[:3], FORMULA, IDA[4])


def test_a_cell_merged_with_the_cell_above_is_marked_in_a_row_with_a_person() -> None:
    without = (*IDA[:3], None, IDA[4])
    book = book_of(Ark1=[HEADER, IDA, without, (None,) * 5, without, without])
    book["Ark1"].merge_cells("D2:D5")
    book["Ark1"].merge_cells("A6:B6")

    assert [(one.line, one.cells[3]) for one in records(saved(book))[1:]] == [
        (2, "20123456"), (3, MERGED), (5, MERGED), (6, ""),
    ]  # fmt: skip


def test_of_many_merged_cells_none_is_overlooked() -> None:
    content = workbook([HEADER, *[IDA, (*IDA[:3], None, IDA[4])] * 1500])
    tags = [f'<mergeCell{" " * 120}ref="D{at}:D{at + 1}"/>' for at in range(2, 3002, 2)]  # in many pieces
    merged = "".join(tags)
    xml = part(content).replace(b"</sheetData>", f"</sheetData><mergeCells>{merged}</mergeCells>".encode())

    assert phones(with_part(content, xml)) == ["20123456", MERGED] * 1500


def test_an_empty_merged_cell_loses_nothing() -> None:
    without = (*IDA[:3], None, IDA[4])
    book = book_of(Ark1=[HEADER, without, without])
    book["Ark1"].merge_cells("D2:D3")

    assert phones(saved(book)) == ["", ""]


def test_hidden_rows_are_read_and_reported_once() -> None:
    book = book_of(Ark1=[HEADER, IDA, IDA, IDA])
    for line in (3, 4):
        book["Ark1"].row_dimensions[line].hidden = True

    told = [(one.line, [hint.code for hint in one.hints]) for one in records(saved(book))]

    assert [line for line, _ in told] == [1, 2, 3, 4]
    assert [one for one in told if one[1]] == [(3, [ErrorCode.ROW_HIDDEN])]


def test_other_sheets_with_rows_are_reported_unless_a_sheet_was_named() -> None:
    content = saved(book_of(Ark1=[HEADER, IDA], Ark2=[("Bo", "victim", "epc")]))
    explained = saved(book_of(Ark1=[HEADER, IDA], Vejledning=[("Udfyld alle felter",)], Tomt=[]))

    (told,) = records(content)[0].hints

    assert told == FieldError("sheet", ErrorCode.FILE_OTHER_SHEETS)
    assert [one.hints for one in (*records(content, "ark1"), *records(explained))] == [()] * 4


def test_the_first_visible_sheet_is_read_and_hidden_people_are_reported() -> None:
    book = book_of(Lister=[("victim", "epc", "ja"), ("relative", "scene", "nej")], Ark1=[HEADER, IDA])
    book["Lister"].sheet_state = "hidden"
    lists = records(saved(book))
    book["Lister"]["A1"], book["Lister"]["B1"] = "navn", "rolle"

    assert [one.cells for one in lists] == [HEADER, IDA]
    assert lists[0].hints == ()
    assert [hint.field for hint in records(saved(book))[0].hints] == ["sheet"]


def test_rows_out_of_order_are_reported_as_damage() -> None:
    content = workbook([HEADER, IDA, IDA])
    swapped = with_part(content, part(content).replace(b'<row r="3"', b'<row r="1"'))

    read = records(swapped)

    assert [(one.line, one.error is not None) for one in read] == [(1, False), (2, False), (3, True)]


def test_a_strict_workbook_is_refused_with_what_to_do() -> None:
    name, ordinary = "xl/workbook.xml", workbook([HEADER, IDA])
    namespace = b"http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    strict = part(ordinary, name).replace(namespace, b"http://purl.oclc.org/ooxml/spreadsheetml/main")

    with pytest.raises(HeaderError) as told:
        records(with_part(ordinary, strict, name))

    assert told.value.errors == (FieldError("", ErrorCode.FILE_STRICT_WORKBOOK),)


def test_cells_past_the_last_read_column_are_one_cell_too_many() -> None:
    far = records(workbook([HEADER, (*IDA, *[None] * 120, "20123456")]))[1]

    told = read_row(far.cells, read_header(HEADER), by="Hanne", now=NOW)

    assert not isinstance(told, PersonRow)
    assert told == [FieldError("", ErrorCode.CELLS_EXTRA, cells=101, columns=5)]


def test_a_heading_that_is_a_formula_without_a_value_is_reported_by_its_position() -> None:
    with pytest.raises(HeaderError) as told:
        read_header([*HEADER, FORMULA])

    assert told.value.errors == (FieldError("column 6", ErrorCode.CELL_FORMULA_UNSAVED),)


@pytest.mark.parametrize(
    ("cell", "code"),
    [
        (FORMULA, ErrorCode.CELL_FORMULA_UNSAVED),
        (MERGED, ErrorCode.CELL_MERGED),
        *(
            (error, ErrorCode.CELL_ERROR)
            for error in ("#REF!", "#DIV/0!", "#N/A", "#VÆRDI!", "#I/T", "Err:502")
        ),
        ("#######", ErrorCode.CELL_TOO_NARROW),
        ('="0104909989"', ErrorCode.CELL_FORMULA),
    ],
)
def test_a_marker_an_error_and_a_formula_are_reported_once(cell: str, code: ErrorCode) -> None:
    told = read_row([*IDA[:2], cell, *IDA[3:]], read_header(HEADER), by="Hanne", now=NOW)

    assert not isinstance(told, PersonRow)
    assert told == [FieldError("place", code)]


def test_a_date_or_boolean_that_a_spreadsheet_made_of_a_text_is_reported() -> None:
    header = read_header(["name", "role", "place", "street", "postcode", "registered_at"])
    day = datetime(2026, 2, 1)  # noqa: DTZ001 - as spreadsheets have them
    cells = [cell_text(value) for value in (True, "victim", "epc", day, day, day)]

    told = read_row(cells, header, by="Hanne", now=NOW)

    assert not isinstance(told, PersonRow)
    assert told == [
        FieldError("name", ErrorCode.CELL_IS_BOOLEAN),
        FieldError("street", ErrorCode.CELL_IS_DATE),
        FieldError("postcode", ErrorCode.CELL_IS_DATE),
    ]


def test_a_wording_that_a_spreadsheet_turned_into_a_date_is_reported() -> None:
    row = read_row([*IDA[:3], "2026-01-01"], read_header([*HEADER[:3], "wording"]), by="Hanne", now=NOW)

    assert isinstance(row, PersonRow)
    assert row.hints == (FieldError("wording", ErrorCode.WORDING_IS_DATE),)


@pytest.mark.parametrize("cell", ["#1", "# 4", "=", "Err", "E", "Esbjerg", "#tak!"])
def test_other_text_that_begins_alike_is_a_value(cell: str) -> None:
    assert unreadable_code("street", cell) is None


def test_a_sentence_may_begin_with_an_equals_sign() -> None:
    assert unreadable_code("note", "=> ring til datteren") is None
    assert unreadable_code("street", "=> ring til datteren")


@pytest.mark.parametrize(("country", "told"), [("", 1), ("DK", 1), ("FO", 0), ("IS", 0)])
def test_a_postcode_that_may_have_lost_its_zero_gets_a_hint_and_is_kept(country: str, told: int) -> None:
    header = read_header(["name", "role", "place", "postcode", "country"])

    row = read_row(["Ida", "victim", "epc", "800", country], header, by="Hanne", now=NOW)

    assert isinstance(row, PersonRow)
    assert row.hints == (FieldError("postcode", ErrorCode.FAROESE_POSTCODE),) * told
    assert row.said.addresses[0].postcode == "800"
