"""Detect cells without a usable value: spreadsheet errors, formulas, and markers set by this import.

A marker replaces a value that could not be read. An empty cell would be taken as correct, also when it
returns in the file of rejected rows.
"""

import re
from typing import Final

FORMULA: Final = "#FORMULA!"
MERGED: Final = "#MERGED!"

UNSAVED: Final = (
    "is a formula whose value was not saved:"
    " open the file in Excel or LibreOffice, save it and send it again, or write the value itself"
)
_REASONS: Final = {
    FORMULA: UNSAVED,
    MERGED: "is merged with the cell above: split the cells, and write in each row what holds for it",
}
_AN_ERROR: Final = "is an error of the spreadsheet, not a value"
_TOO_NARROW: Final = (
    "was too narrow for its value when the spreadsheet wrote the file: widen the column and save it again"
)
_A_FORMULA: Final = "is a formula, not its value: write the value itself"
_A_DATE: Final = "is a date, as a spreadsheet makes of some numbers and words: write it as text"
_YES_OR_NO: Final = "is yes or no, as a spreadsheet makes of some words: write it as text"
_ERROR = re.compile(r"#(?:[A-ZÆØÅ_]+(?:/0)?[!?]|N/A|I/T|GETTING_DATA)|Err:\d{3}")  # Danish: #VÆRDI!
_NUMBER_SIGNS = re.compile(r"#{2,}")
_FORMULA = re.compile(r"=\s*\S.*", re.DOTALL)
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}(?:T[\d:]+)?", re.ASCII)
_BOOLEANS: Final = frozenset({"yes", "no"})  # a workbook's true and false, as cell_text writes them
_PLAIN_TEXT: Final = frozenset({"name", "street", "postcode"})
_FREE_TEXT: Final = frozenset({"note", "circumstances", "concerns"})  # a sentence may begin with =


def unreadable_reason(column: str, cell: str) -> str | None:
    """Return why a cell has no usable value, or None."""
    if cell[:1] in {"#", "E"}:
        return _error_value_reason(cell)
    if column in _FREE_TEXT:
        return None
    if _FORMULA.fullmatch(cell):
        return _A_FORMULA
    return _converted_value_reason(cell) if column in _PLAIN_TEXT else None


def _error_value_reason(cell: str) -> str | None:
    if cell in _REASONS:
        return _REASONS[cell]
    if _ERROR.fullmatch(cell):
        return _AN_ERROR
    return _TOO_NARROW if _NUMBER_SIGNS.fullmatch(cell) else None


def _converted_value_reason(cell: str) -> str | None:
    if _DATE.fullmatch(cell):
        return _A_DATE
    return _YES_OR_NO if cell in _BOOLEANS else None
