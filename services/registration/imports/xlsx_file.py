"""Read a sheet of an Excel workbook into records. The unpacked size is limited; nothing is written to disk.

Reading takes seconds, so it runs in a thread, some rows at a time.
"""

import asyncio
import re
from collections.abc import AsyncIterable, AsyncIterator, Callable, Iterator
from dataclasses import replace
from datetime import datetime, time
from io import BytesIO
from itertools import chain, islice
from typing import Any, Final, TypeVar
from zipfile import ZipFile

import openpyxl

from contracts.wire.error_codes import ErrorCode
from contracts.wire.errors import FieldError
from services.registration.imports.header import HeaderError, names_required_column, strip_empty_end
from services.registration.imports.record import FileRecord
from services.registration.imports.titles import TITLE_ROWS, drop_title_rows, may_hold_person
from services.registration.imports.xlsx_sheet import MAX_MERGES, SheetRow, find_merges, sheet_rows

_ROWS_AT_ONCE: Final = 500  # rows
_MAX_PARTS: Final = 2_000
_MAX_UNPACKED_RATIO: Final = 10  # times the largest file: protects against zip bombs
_MAX_OTHER_RATIO: Final = 2  # times the largest file: parts that are not sheets are unpacked into memory
T = TypeVar("T")

_DAMAGED: Final = FieldError("", ErrorCode.FILE_DAMAGED)
_DAMAGED_FROM_HERE: Final = FieldError("", ErrorCode.ROW_DAMAGED)
_HIDDEN: Final = FieldError("", ErrorCode.ROW_HIDDEN)
_OTHER_SHEETS: Final = FieldError("sheet", ErrorCode.FILE_OTHER_SHEETS)
_WORKBOOK = re.compile(r"xl/workbook\d*\.xml")
_STRICT: Final = b'="http://purl.oclc.org/ooxml/spreadsheetml/main"'  # openpyxl reads its sheets as empty
# Set by programs that leave computing to Excel: their saved values may be placeholders.
_COMPUTED_WHEN_OPENED = re.compile(rb"""<(?:\w+:)?calcPr\s[^>]*?fullCalcOnLoad=["'](?:1|true)""")
_TOO_LARGE: Final = FieldError("", ErrorCode.FILE_UNPACKS_TOO_LARGE)


class WorkbookTooLargeError(ValueError):
    """The workbook exceeds the limit of `bytes`."""

    def __init__(self, largest: int) -> None:
        super().__init__("the workbook is too large")
        self.bytes = largest


async def read_xlsx(
    pieces: AsyncIterable[bytes], sheet: str | None, largest: int
) -> AsyncIterator[list[FileRecord]]:
    """Yield the records in groups. Raise WorkbookTooLargeError, and HeaderError for other files."""
    content = await _read_all(pieces, largest)
    records = await asyncio.to_thread(read_sheet, content, sheet, largest)
    while some := await asyncio.to_thread(lambda: list(islice(records, _ROWS_AT_ONCE))):
        yield some


async def _read_all(pieces: AsyncIterable[bytes], largest: int) -> BytesIO:
    content = BytesIO()
    async for piece in pieces:
        if content.tell() + len(piece) > largest:
            raise WorkbookTooLargeError(largest)
        content.write(piece)
    return content


def read_sheet(content: BytesIO, name: str | None, largest: int) -> Iterator[FileRecord]:
    """Return the records of the named sheet, else of the first sheet with headings, without title rows.

    Hidden rows are read too. Without a name, the header gets a hint if other sheets hold rows.
    """
    archive = _open_or_refuse(lambda: ZipFile(content))
    _check_unpacked_size(archive, largest)
    book = _open_or_refuse(
        lambda: openpyxl.load_workbook(content, read_only=True, data_only=True, keep_links=False)
    )
    described = _open_or_refuse(lambda: _workbook_xml(archive))
    if _STRICT in described:
        raise HeaderError(FieldError("", ErrorCode.FILE_STRICT_WORKBOOK))
    never_computed = _COMPUTED_WHEN_OPENED.search(described) is not None
    sheet = _select_sheet(book, name)
    records = _drop_title_rows(_records(_rows(sheet, never_computed=never_computed)))
    if name is not None:
        return records
    first = [
        replace(record, hints=(*record.hints, _OTHER_SHEETS))
        if _other_sheets_have_rows(book, sheet)
        else record
        for record in islice(records, 1)
    ]
    return chain(first, records)


def _open_or_refuse(step: Callable[[], T]) -> T:
    opened = _try_step(step)
    if isinstance(opened, FieldError):
        raise HeaderError(_DAMAGED)
    return opened


def _check_unpacked_size(archive: ZipFile, largest: int) -> None:
    parts = archive.infolist()
    whole = [part.file_size for part in parts if not part.filename.startswith("xl/worksheets/")]
    unpacked = sum(part.file_size for part in parts)
    if (
        len(parts) > _MAX_PARTS
        or unpacked > _MAX_UNPACKED_RATIO * largest
        or sum(whole) > _MAX_OTHER_RATIO * largest
    ):
        raise HeaderError(_TOO_LARGE)


def _workbook_xml(archive: ZipFile) -> bytes:
    """Return the XML that describes the workbook: openpyxl keeps little of it."""
    return b"".join(archive.read(name) for name in archive.namelist() if _WORKBOOK.fullmatch(name))


def _select_sheet(book: openpyxl.Workbook, name: str | None) -> Any:
    sheets = sorted(book.worksheets, key=_is_hidden)
    if name is None:
        return next((one for one in sheets if not _is_hidden(one) and _has_headings(one)), sheets[0])
    found = next((one for one in sheets if one.title.casefold() == name.casefold()), None)
    if found is None:
        raise HeaderError(FieldError("sheet", ErrorCode.FILE_NO_SHEET))
    return found


def _has_headings(sheet: Any) -> bool:
    first = islice(_records(sheet_rows(sheet, {}, never_computed=False)), TITLE_ROWS)
    return any(names_required_column(record.cells) for record in first)


def _is_hidden(sheet: Any) -> bool:
    return bool(sheet.sheet_state != "visible")


def _other_sheets_have_rows(book: openpyxl.Workbook, read: Any) -> bool:
    return any(_may_hold_people(sheet) for sheet in book.worksheets if sheet is not read)


def _may_hold_people(sheet: Any) -> bool:
    """Return whether a sheet may hold people. A hidden sheet needs headings: it may hold word lists."""
    first = list(islice(_records(sheet_rows(sheet, {}, never_computed=False)), TITLE_ROWS))
    if _is_hidden(sheet):
        return any(names_required_column(record.cells) for record in first)
    return any(may_hold_person(record) for record in first)


def _rows(sheet: Any, *, never_computed: bool) -> Iterator[SheetRow]:
    merges = _try_step(lambda: find_merges(sheet))
    if isinstance(merges, FieldError):
        merges = {}  # rows before the damage are read; the damage is reported at its row
    if sum(map(len, merges.values())) > MAX_MERGES:
        raise HeaderError(_TOO_LARGE)
    return sheet_rows(sheet, merges, never_computed=never_computed)


def _records(rows: Iterator[SheetRow]) -> Iterator[FileRecord]:
    line = 0
    hints: tuple[FieldError, ...] = (_HIDDEN,)  # only on the first hidden row
    while (row := _try_step(lambda: next(rows, None))) is not None:
        if isinstance(row, FieldError):
            yield FileRecord(line + 1, (), row)
            return
        line = row.line
        record = FileRecord(line, strip_empty_end([cell_text(value) for value in row.values]))
        if record.empty:
            continue
        if row.hidden:
            record, hints = replace(record, hints=hints), ()
        yield record


def _drop_title_rows(records: Iterator[FileRecord]) -> Iterator[FileRecord]:
    kept = drop_title_rows(list(islice(records, TITLE_ROWS)))
    width = max((len(record.cells) for record in kept[:1]), default=0)
    return (_pad_cells(record, width) for record in chain(kept, records))


def _pad_cells(record: FileRecord, width: int) -> FileRecord:
    """Add the empty cells at the end of a row, which a sheet does not store."""
    missing = width - len(record.cells)
    return replace(record, cells=(*record.cells, *[""] * missing)) if missing > 0 else record


def cell_text(value: object) -> str:
    """Return a cell as text, as in a CSV file."""
    match value:
        case None:
            text = ""
        case bool():
            text = "yes" if value else "no"
        case float() if value.is_integer():  # a phone number, whatever the cell format
            text = str(int(value))
        case datetime() if value.time() == time():
            text = value.date().isoformat()
        case datetime():
            text = value.replace(microsecond=0).isoformat()
        case _:
            text = str(value)  # dates and times in ISO 8601
    return text


def _try_step(step: Callable[[], T]) -> T | FieldError:
    try:
        return step()
    except Exception:  # noqa: BLE001 - a damaged workbook can raise any exception of the parser
        return _DAMAGED_FROM_HERE
