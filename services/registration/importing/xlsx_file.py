"""A sheet of an Excel workbook as records. Its size is bounded before it is unpacked; nothing touches a disk.

Reading it is work of seconds, so it is done in a thread, some rows at a time.
"""

import asyncio
from collections.abc import AsyncIterable, AsyncIterator, Callable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime, time
from io import BytesIO
from itertools import chain, islice
from typing import Any, Final, TypeVar
from zipfile import ZipFile

import openpyxl

from services.registration.domain.text import Flaw
from services.registration.importing.columns import HeaderError, names_ours, without_empty_end
from services.registration.importing.record import Record

_AT_ONCE: Final = 500  # rows
_WIDEST: Final = 100  # columns that are looked at
_LONGEST: Final = 1_048_576  # rows a sheet may have
_TITLE_ROWS: Final = 10  # rows above the header that may hold a title
_TITLE_CELLS: Final = 3  # with as many cells a row may be a person
_PARTS: Final = 2_000
_UNPACKED: Final = 10  # times the largest file: XML packs well, and a zip bomb better
_WHOLE_PARTS: Final = 2  # times: what is no sheet is unpacked as a whole
T = TypeVar("T")

_DAMAGED: Final = "cannot be read as an Excel workbook: save it again as .xlsx, or as CSV UTF-8"
_DAMAGED_FROM_HERE: Final = Flaw(
    "", "the workbook is damaged: neither this row nor what follows could be read"
)
_TOO_MUCH: Final = "unpacks to more than an import takes: save the sheet as CSV UTF-8"


class TooLargeError(ValueError):
    """`bytes`: as many are taken."""

    def __init__(self, largest: int) -> None:
        super().__init__("the workbook is too large")
        self.bytes = largest


async def xlsx_records(
    pieces: AsyncIterable[bytes], sheet: str | None, largest: int
) -> AsyncIterator[list[Record]]:
    """Raise TooLargeError, and HeaderError for what is no workbook."""
    content = await _whole(pieces, largest)
    records = await asyncio.to_thread(read_sheet, content, sheet, largest)
    while some := await asyncio.to_thread(lambda: list(islice(records, _AT_ONCE))):
        yield some


async def _whole(pieces: AsyncIterable[bytes], largest: int) -> BytesIO:
    content = BytesIO()
    async for piece in pieces:
        if content.tell() + len(piece) > largest:
            raise TooLargeError(largest)
        content.write(piece)
    return content


def read_sheet(content: BytesIO, sheet: str | None, largest: int) -> Iterator[Record]:
    """Give the records of the sheet named, else of the first; rows of a title above the header left out."""
    parts = _reading(lambda: ZipFile(content).infolist())
    if isinstance(parts, Flaw):
        raise HeaderError([("", _DAMAGED)])
    whole = [part.file_size for part in parts if not part.filename.startswith("xl/worksheets/")]
    unpacked = sum(part.file_size for part in parts)
    if len(parts) > _PARTS or unpacked > _UNPACKED * largest or sum(whole) > _WHOLE_PARTS * largest:
        raise HeaderError([("", _TOO_MUCH)])
    book = _reading(lambda: openpyxl.load_workbook(content, read_only=True, data_only=True, keep_links=False))
    if isinstance(book, Flaw):
        raise HeaderError([("", _DAMAGED)])
    return _without_title(_records(_sheet(book, sheet)))


def _sheet(book: openpyxl.Workbook, name: str | None) -> Any:
    sheets = book.worksheets
    found = next((one for one in sheets if name is None or one.title.casefold() == name.casefold()), None)
    if found is None:
        raise HeaderError([("sheet", "there is no sheet of this name in the workbook")])
    return found


def _records(sheet: Any) -> Iterator[Record]:
    rows = sheet.iter_rows(max_col=_WIDEST, max_row=_LONGEST, values_only=True)
    for line in range(1, _LONGEST + 1):
        row = _reading(lambda: next(rows, None))
        if row is None:
            return
        if isinstance(row, Flaw):
            yield Record(line, (), row)
            return
        record = Record(line, without_empty_end([cell_text(value) for value in _filled_part(row)]))
        if not record.empty:
            yield record


def _filled_part(row: Sequence[object]) -> Sequence[object]:
    count = len(row)
    while count and row[count - 1] is None:
        count -= 1
    return row[:count]


def _without_title(records: Iterator[Record]) -> Iterator[Record]:
    first = list(islice(records, _TITLE_ROWS))
    header = next((at for at, record in enumerate(first) if names_ours(record.cells)), 0)
    kept = [
        record
        for at, record in enumerate(first)
        if at >= header or sum(bool(cell) for cell in record.cells) >= _TITLE_CELLS
    ]
    width = max((len(record.cells) for record in kept[:1]), default=0)
    return (_filled(record, width) for record in chain(kept, records))


def _filled(record: Record, width: int) -> Record:
    """Give a row the empty cells at its end, which a sheet does not hold."""
    missing = width - len(record.cells)
    return replace(record, cells=(*record.cells, *[""] * missing)) if missing > 0 else record


def cell_text(value: object) -> str:
    """Write a cell as it would stand in a CSV file."""
    match value:
        case None:
            text = ""
        case bool():
            text = "yes" if value else "no"
        case float() if value.is_integer():  # a number of a telephone, however the cell shows it
            text = str(int(value))
        case datetime() if value.time() == time():
            text = value.date().isoformat()
        case datetime():
            text = value.replace(microsecond=0).isoformat()
        case _:
            text = str(value)  # dates and times too: as ISO 8601 has them
    return text


def _reading(step: Callable[[], T]) -> T | Flaw:
    try:
        return step()
    except Exception:  # noqa: BLE001 - a damaged workbook raises whatever the part that trips over it raises
        return _DAMAGED_FROM_HERE
