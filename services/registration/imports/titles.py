"""Rows above the headings: a title is left out, a person there is not."""

from collections.abc import Sequence
from typing import Final

from services.registration.imports.header import names_ours
from services.registration.imports.record import Record

TITLE_ROWS: Final = 10  # rows above the headings that may hold a title
_TITLE_CELLS: Final = 3  # with as many cells a row may be a person


def without_title(first: Sequence[Record]) -> list[Record]:
    """Leave out a title among the first records of a file. Where none has headings, all stay."""
    header = next((at for at, record in enumerate(first) if names_ours(record.cells)), 0)
    return [record for at, record in enumerate(first) if at >= header or may_be_a_person(record)]


def may_be_a_person(record: Record) -> bool:
    return record.flaw is not None or sum(bool(cell.strip()) for cell in record.cells) >= _TITLE_CELLS
