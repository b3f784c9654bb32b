"""Rows above the headings: a title is left out, a person there is not."""

from collections.abc import Sequence
from typing import Final

from services.registration.imports.header import names_required_column
from services.registration.imports.record import FileRecord

TITLE_ROWS: Final = 10  # rows above the headings that may hold a title
_TITLE_CELLS: Final = 3  # with as many cells a row may be a person


def drop_title_rows(first: Sequence[FileRecord]) -> list[FileRecord]:
    """Leave out a title among the first records of a file. Where none has headings, all stay."""
    header = next((at for at, record in enumerate(first) if names_required_column(record.cells)), 0)
    return [record for at, record in enumerate(first) if at >= header or may_hold_person(record)]


def may_hold_person(record: FileRecord) -> bool:
    return record.error is not None or sum(bool(cell.strip()) for cell in record.cells) >= _TITLE_CELLS
