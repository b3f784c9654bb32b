"""The cells of a row by column: names are joined, and postcode and city are split."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from contracts.rules.invisible_characters import visible
from services.registration.imports.cells import NO, YES
from services.registration.imports.header import REPORT_COLUMNS, FileHeader

FREE_TEXT: Final = frozenset({"note", "circumstances", "concerns"})
_TICKS: Final = frozenset(
    {"consent", "registration_consent", "contact_consent", "interpreter", "do_not_contact"}
)
_ESCAPE = re.compile(r"_x([0-9A-Fa-f]{4})_")  # Excel's escape for characters that XML forbids
_FORMULA_ESCAPE = re.compile(r"'(?=[=+\-@\uff1d\uff0b\uff0d\uff20\t\r])")  # apostrophe before a formula
_POSTCODE = r"(?:DK[- ])?(\d{4})"
_POSTCODE_AND_CITY = re.compile(rf"{_POSTCODE},?\s+(\D.*)", re.ASCII)
_STREET_TO_CITY = re.compile(rf"(.*\S),\s*{_POSTCODE}\s+(\D.*)", re.ASCII | re.DOTALL)


def cells_by_column(values: Sequence[str], header: FileHeader) -> dict[str, str]:
    """Return the cells of the named columns. Missing cells at the end are empty."""
    width = len(header.names)
    full = [*values[:width], *[""] * (width - len(values))]
    cells = {
        name: cell_value(name, value)
        for name, value in zip(header.names, full, strict=True)
        if name and name not in REPORT_COLUMNS
    }
    _join_names(cells)
    _split_address(cells)
    return cells


def cell_value(name: str, value: str) -> str:
    """Return the cleaned value of a cell. Only free text keeps its line breaks."""
    value = value.strip()
    if not value:
        return ""
    text = _FORMULA_ESCAPE.sub("", _ESCAPE.sub(lambda found: chr(int(found[1], 16)), value), count=1)
    if name in FREE_TEXT:
        return text.replace("\r\n", "\n").replace("\r", "\n").strip()
    return text if name in {"name", "given_name", "family_name"} else visible(text)


def has_no_person(cells: Mapping[str, str]) -> bool:
    """Return whether a row has nothing but checkboxes."""
    filled = {name: value.casefold() for name, value in cells.items() if value}
    ticks = YES | NO
    return all(name in _TICKS and value in ticks for name, value in filled.items())


def _join_names(cells: dict[str, str]) -> None:
    """Join given and family name. `Navn` beside `Fornavn` is the family name."""
    given, family = cells.pop("given_name", None), cells.pop("family_name", None)
    if given is None and family is None:
        return
    whole = cells.get("name", "")
    if family is None and not whole.startswith(given or ""):
        family, whole = whole, ""
    cells["name"] = whole or " ".join(part for part in (given, family) if part)


def _split_address(cells: dict[str, str]) -> None:
    """Split postcode and city where they are in one cell, or at the end of the street."""
    for name, value in _address_parts(cells):
        if not cells.get(name):
            cells[name] = value


def _address_parts(cells: dict[str, str]) -> Iterator[tuple[str, str]]:
    for name in ("postcode", "city"):
        if found := _POSTCODE_AND_CITY.fullmatch(cells.get(name, "")):
            cells[name] = ""
            yield "postcode", found[1]
            yield "city", found[2]
    if not cells.get("postcode") and (found := _STREET_TO_CITY.fullmatch(cells.get("street", ""))):
        cells["street"] = found[1]
        yield "postcode", found[2]
        yield "city", found[3]
