"""Detect cells without a usable value: spreadsheet errors, formulas, and markers set by this import.

A marker replaces a value that could not be read. An empty cell would be taken as correct, also when it
returns in the file of rejected rows.
"""

import re
from typing import Final

from contracts.wire.error_codes import ErrorCode

FORMULA: Final = "#FORMULA!"
MERGED: Final = "#MERGED!"

_CODES: Final = {FORMULA: ErrorCode.CELL_FORMULA_UNSAVED, MERGED: ErrorCode.CELL_MERGED}
_ERROR = re.compile(r"#(?:[A-ZÆØÅ_]+(?:/0)?[!?]|N/A|I/T|GETTING_DATA)|Err:\d{3}")  # Danish: #VÆRDI!
_NUMBER_SIGNS = re.compile(r"#{2,}")
_FORMULA = re.compile(r"=\s*\S.*", re.DOTALL)
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}(?:T[\d:]+)?", re.ASCII)
_BOOLEANS: Final = frozenset({"yes", "no"})  # a workbook's true and false, as cell_text writes them
_PLAIN_TEXT: Final = frozenset({"name", "street", "postcode"})
_FREE_TEXT: Final = frozenset({"note", "circumstances", "concerns"})  # a sentence may begin with =


def unreadable_code(column: str, cell: str) -> ErrorCode | None:
    """Return why a cell has no usable value, or None."""
    if cell[:1] in {"#", "E"}:
        return _error_value_code(cell)
    if column in _FREE_TEXT:
        return None
    if _FORMULA.fullmatch(cell):
        return ErrorCode.CELL_FORMULA
    return _converted_value_code(cell) if column in _PLAIN_TEXT else None


def _error_value_code(cell: str) -> ErrorCode | None:
    if cell in _CODES:
        return _CODES[cell]
    if _ERROR.fullmatch(cell):
        return ErrorCode.CELL_ERROR
    return ErrorCode.CELL_TOO_NARROW if _NUMBER_SIGNS.fullmatch(cell) else None


def _converted_value_code(cell: str) -> ErrorCode | None:
    if _DATE.fullmatch(cell):
        return ErrorCode.CELL_IS_DATE
    return ErrorCode.CELL_IS_BOOLEAN if cell in _BOOLEANS else None
