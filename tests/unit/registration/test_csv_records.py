"""Splitting a stream of bytes into records, for any content and any size of pieces."""

import csv
import io
from collections.abc import AsyncIterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.wire.error_codes import ErrorCode
from contracts.wire.errors import FieldError
from services.registration.imports.columns import PersonRow, read_row
from services.registration.imports.csv_file import read_csv
from services.registration.imports.csv_records import LONGEST_BYTES, LONGEST_LINES, CsvSplitter, RawRecord
from services.registration.imports.header import HeaderError, read_header
from services.registration.imports.upload import FileFormat, UploadedFile
from tests.unit.registration.moments import NOW

CELL = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20)
ROWS = st.lists(st.lists(CELL, min_size=2, max_size=2), min_size=1, max_size=12)
HEADER = read_header(["name", "role", "place", "note"])


def split(pieces: list[bytes], delimiter: str = ",") -> list[RawRecord]:
    splitter = CsvSplitter()
    splitter.delimiter = ord(delimiter)
    found = [record for piece in pieces for record in splitter.feed(piece)]
    return [*found, *splitter.end()]


def chop(data: bytes, size: int) -> list[bytes]:
    return [data[start : start + size] for start in range(0, len(data), size)]


def written(rows: list[list[str]], delimiter: str) -> bytes:
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter, lineterminator="\r\n", quoting=csv.QUOTE_ALL).writerows(rows)
    return text.getvalue().encode()


@given(ROWS, st.sampled_from(",;\t"), st.integers(1, 40))
def test_what_was_written_is_read_whatever_the_cells_hold(
    rows: list[list[str]], delimiter: str, size: int
) -> None:
    records = split(chop(b"\xef\xbb\xbf" + written(rows, delimiter), size), delimiter)

    read = [next(csv.reader([record.text.decode()], delimiter=delimiter)) for record in records]
    assert [[cell.replace("\r\n", "\n") for cell in row] for row in read] == [
        [cell.replace("\r\n", "\n") for cell in row] for row in rows
    ]
    assert all(record.whole for record in records)


@given(st.binary(max_size=400), st.integers(1, 50))
def test_any_bytes_are_split_and_no_byte_of_a_line_is_dropped(rubbish: bytes, size: int) -> None:
    records = split(chop(rubbish, size))

    lines = [line.removesuffix(b"\r") for line in rubbish.removeprefix(b"\xef\xbb\xbf").split(b"\n")]
    assert b"\n".join(record.text for record in records).rstrip(b"\n") == b"\n".join(lines).rstrip(b"\n")


@given(st.lists(st.text(max_size=30), max_size=6))
def test_any_cells_give_a_row_or_errors_and_never_an_exception(cells: list[str]) -> None:
    read = read_row(cells, HEADER, by="Hanne", now=NOW)

    assert isinstance(read, PersonRow) or read


@given(st.integers(0, 30), st.integers(1, 60))
def test_an_unclosed_quotation_mark_rejects_only_its_own_line(before: int, after: int) -> None:
    good = b"Ida,victim,epc,ok"
    data = b"\n".join([*[good] * before, b'"Jens,victim,epc,ok', *[good] * after])

    records = split([data])

    assert [record.line for record in records if not record.whole] == [before + 1]
    assert [record.text for record in records if record.whole] == [good] * (before + after)


def test_a_too_long_record_is_rejected_and_memory_stays_flat() -> None:
    splitter = CsvSplitter()
    for _ in range(100):
        assert not list(splitter.feed(b"x" * 50_000))
    found = [*splitter.feed(b"\nIda,victim,epc,ok\n"), *splitter.end()]

    assert [(record.line, record.whole) for record in found] == [(1, False), (2, True)]
    assert len(found[0].text) <= LONGEST_BYTES + 1


def test_a_quoted_field_over_too_many_lines_releases_its_lines() -> None:
    data = b'"open\n' + b"Ida,victim,epc,ok\n" * (LONGEST_LINES + 20)

    records = split([data])

    assert sum(record.whole for record in records) == LONGEST_LINES + 20


GOOD = b"Ida,victim,epc,ok"
RUBBISH = st.sampled_from(
    [
        b'"Jens,victim,epc,ok', b'"a"b,victim,epc,ok', b'Bo,victim,epc,"open', b"Bo,hero,epc,ok", b"x",
        b",,,,,", b"S\xf8ren,victim,epc,ok", b"a\rb,victim,epc,ok",
    ]
)  # fmt: skip


def is_good(record: RawRecord) -> bool:
    cells = record.text.decode(errors="surrogateescape").split(",")
    return record.whole and isinstance(read_row(cells, HEADER, by="Hanne", now=NOW), PersonRow)


@given(st.lists(st.one_of(st.just(GOOD), RUBBISH), max_size=30), st.integers(1, 60))
def test_no_good_row_is_lost_to_its_neighbours(lines: list[bytes], size: int) -> None:
    records = split(chop(b"\n".join(lines), size))

    places = [at for at, line in enumerate(lines, start=1) if line == GOOD]
    assert [record.line for record in records if record.text == GOOD and is_good(record)] == places


@given(st.lists(st.text(max_size=20), max_size=6))
def test_a_first_row_that_is_no_header_is_rejected_with_the_reason(cells: list[str]) -> None:
    with pytest.raises(HeaderError) as told:
        read_header(cells)

    assert told.value.errors


def test_an_unknown_heading_is_reported_with_a_suggestion_and_all_columns() -> None:
    with pytest.raises(HeaderError) as told:
        read_header(["navn", "roller", "stedet", "fødselsdto", "sko"])

    errors = {error.field: error for error in told.value.errors}
    assert "place (sted)" in errors["stedet"].text
    assert "birth_date (fødselsdato)" in errors["fødselsdto"].text
    assert errors["sko"].code is ErrorCode.COLUMN_UNKNOWN
    assert "phone (telefon)" in errors[""].text


@pytest.mark.parametrize(
    "content", [b"%PDF-1.4\n1 0 obj", b"\x89PNG\r\n", b"no workbook\n", b"\xff\xd8\xff\xe0"]
)
async def test_a_file_of_another_format_is_refused_with_the_accepted_formats(content: bytes) -> None:
    async def pieces() -> AsyncIterator[bytes]:
        yield content

    async def beat(_: int) -> None:
        pass

    async def header() -> None:
        upload = UploadedFile(pieces())
        assert await upload.detect_format() == FileFormat.CSV
        async for some in read_csv(upload.pieces(beat)):
            for record in some:
                read_header(record.cells)

    with pytest.raises(HeaderError) as told:
        await header()

    assert told.value.errors == (FieldError("", ErrorCode.FILE_FORMAT),)


def test_a_missing_header_row_is_reported_without_quoting_a_person() -> None:
    with pytest.raises(HeaderError) as told:
        read_header(["Ida Ibsen", "victim", "epc", "251248-9996"])

    assert "ibsen" not in str(told.value.errors)
    assert "251248" not in str(told.value.errors)


@pytest.mark.parametrize("moment", ["0001-01-01T00:00", "9999-12-31T23:59", "0001-01-01T00:00+14:00"])
def test_an_implausible_time_is_an_error_of_its_cell(moment: str) -> None:
    header = read_header(["name", "role", "place", "registered_at"])

    read = read_row(["Ida", "victim", "epc", moment], header, by="Hanne", now=NOW)

    assert not isinstance(read, PersonRow)
    assert [error.field for error in read] == ["registered_at"]
