"""Read the rows of a sheet with openpyxl, and mark cells that it would return as empty.

Marked cells: a formula without a saved value, the cells filled by an array formula, and the lower cells of a
vertical merge, whose value is in the top cell.
"""

import re
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from typing import IO, Any, Final
from xml.etree.ElementTree import Element

from openpyxl.utils import column_index_from_string
from openpyxl.worksheet._reader import FORMULA_TAG, VALUE_TAG, WorkSheetParser

from services.registration.imports.unreadable_cells import FORMULA, MERGED

MAX_COLUMNS: Final = 100  # read columns; everything beyond becomes one extra cell
MAX_ROWS: Final = 1_048_576  # rows a sheet may have
MAX_MERGES: Final = 100_000
_CHUNK_BYTES: Final = 1 << 16  # bytes
_MAX_TAG_BYTES: Final = 200
_MERGE = re.compile(rb"""<(?:\w+:)?mergeCell\s[^>]*?ref=["']([A-Z]{1,3})(\d+):[A-Z]{1,3}(\d+)["']""")
_AREA = re.compile(r"([A-Z]{1,3})\d+:([A-Z]{1,3})(\d+)", re.ASCII)
_FILLS_MANY: Final = frozenset({"array", "dataTable"})
_YES: Final = frozenset({"1", "true"})

Merges = Mapping[int, list[tuple[int, int]]]  # by top row: column, bottom row


@dataclass(frozen=True, slots=True)
class SheetRow:
    line: int
    values: list[object] = field(repr=False)
    hidden: bool


@dataclass(frozen=True, slots=True)
class _MarkedArea:
    lowest: int  # row
    mark: str


class _Parser(WorkSheetParser):
    def __init__(self, *parts: Any, never_computed: bool, **more: Any) -> None:
        super().__init__(*parts, **more)
        self.areas: dict[int, _MarkedArea] = {}  # by column: cells without their own value
        self._never_computed = never_computed

    def parse_cell(self, element: Element) -> dict[str, Any]:
        cell: dict[str, Any] = super().parse_cell(element)
        formula = element.find(FORMULA_TAG)
        if formula is not None and self._is_unsaved(element, cell["value"]):
            cell["value"] = FORMULA
            if formula.get("t") in _FILLS_MANY:
                self._mark_filled_area(formula.get("ref", ""))
        return cell

    def _is_unsaved(self, element: Element, value: object) -> bool:
        """Return whether a formula has no saved value. A saved empty text is a value."""
        saved, kind = element.find(VALUE_TAG), element.get("t", "n")
        if self._never_computed and kind in {"n", "str"}:
            return value is None or value == 0  # placeholder of a program that computes nothing
        return value is None and (saved is None or kind != "str")

    def _mark_filled_area(self, ref: str) -> None:
        filled = _AREA.fullmatch(ref)
        if filled is None:
            return
        left, right = column_index_from_string(filled[1]), column_index_from_string(filled[2])
        for column in range(left, min(right, MAX_COLUMNS) + 1):
            self.areas[column] = _MarkedArea(int(filled[3]), FORMULA)


def sheet_rows(sheet: Any, merges: Merges, *, never_computed: bool) -> Iterator[SheetRow]:
    """Yield the rows of a sheet of a read-only workbook. A damaged sheet raises any exception.

    `never_computed` means that the program that wrote the formulas did not compute them.
    """
    with closing(_open_source(sheet)) as source:
        parser = _Parser(
            source,
            sheet._shared_strings,  # noqa: SLF001 - openpyxl's own reader keeps formulas or values, never both
            data_only=True,
            epoch=sheet.parent.epoch,
            date_formats=sheet.parent._date_formats,  # noqa: SLF001 - the same
            timedelta_formats=sheet.parent._timedelta_formats,  # noqa: SLF001 - the same
            never_computed=never_computed,
        )
        before = 0
        for line, cells in parser.parse():
            if not before < line <= MAX_ROWS:
                raise ValueError("a row is out of order")
            before = line
            dimensions = parser.row_dimensions.pop(str(line), {})  # pop: they would accumulate
            yield SheetRow(line, _values(line, cells, parser.areas, merges), dimensions.get("hidden") in _YES)


def _open_source(sheet: Any) -> IO[bytes]:
    source: IO[bytes] = sheet._get_source()  # noqa: SLF001 - the part of the archive that is this sheet
    return source


def _values(
    line: int, cells: list[dict[str, Any]], areas: dict[int, _MarkedArea], merges: Merges
) -> list[object]:
    found = {
        min(cell["column"], MAX_COLUMNS + 1): cell["value"]
        for cell in cells
        if cell["value"] not in {None, ""}
    }
    if areas:
        _mark_cells(line, found, areas)
    for column, lowest in merges.get(line, ()):
        if column in found:
            areas[column] = _MarkedArea(lowest, MERGED)
    return [found.get(column) for column in range(1, max(found, default=0) + 1)]


def _mark_cells(line: int, found: dict[int, object], areas: dict[int, _MarkedArea]) -> None:
    """Mark the cells of a row without their own value. An empty row with merged cells stays empty."""
    empty = not any(str(value).strip() for value in found.values())
    for column, area in list(areas.items()):
        if line > area.lowest:
            del areas[column]
        elif area.mark == FORMULA and found.get(column, 0) == 0:  # some programs write zeros there
            found[column] = FORMULA
        elif area.mark == MERGED and column not in found and not empty:
            found[column] = MERGED


def find_merges(sheet: Any) -> Merges:
    """Return the vertical merges of a sheet, which are stored after its rows. Stop past MAX_MERGES."""
    merges: dict[int, list[tuple[int, int]]] = {}
    with closing(_open_source(sheet)) as source:
        for count, (column, upper, lower) in enumerate(_merges(source)):
            if count > MAX_MERGES:
                break
            merges.setdefault(upper, []).append((column, lower))
    return merges


def _merges(source: IO[bytes]) -> Iterator[tuple[int, int, int]]:
    rest = b""
    while piece := source.read(_CHUNK_BYTES):
        text, end = rest + piece, 0
        for found in _MERGE.finditer(text) if b"mergeCell" in text else ():
            end = found.end()
            column, upper, lower = column_index_from_string(found[1].decode()), int(found[2]), int(found[3])
            if lower > upper and column <= MAX_COLUMNS:
                yield column, upper, lower
        rest = text[max(end, len(text) - _MAX_TAG_BYTES) :]
