"""Drop title rows above the headings, but keep rows that may hold a person."""

from collections.abc import Sequence
from typing import Final

from services.registration.imports.header import names_required_column
from services.registration.imports.record import FileRecord

TITLE_ROWS: Final = 10  # rows above the headings that may hold a title
_TITLE_CELLS: Final = 3  # a row with this many cells may hold a person


def drop_title_rows(first: Sequence[FileRecord]) -> list[FileRecord]:
    """Return the first records without title rows. Without headings, return all."""
    header = next((at for at, record in enumerate(first) if names_required_column(record.cells)), 0)
    return [record for at, record in enumerate(first) if at >= header or may_hold_person(record)]


def may_hold_person(record: FileRecord) -> bool:
    return record.error is not None or sum(bool(cell.strip()) for cell in record.cells) >= _TITLE_CELLS
