"""Read authorities.csv, memberships.csv and postcodes.csv. The built-in files lie beside this module."""

import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Final

from contracts.events.ids import AuthorityId
from services.routing.domain.authority import (
    Authorities,
    Authority,
    AuthorityKind,
    Membership,
    Table,
    city_keys,
)
from services.routing.domain.authority_table import UnusableAuthorities, authorities_of
from services.routing.domain.period import Period

BUILT_IN = Path(__file__).parent
FILE_NAMES: Final = ("authorities.csv", "memberships.csv", "postcodes.csv")
CITIES: Final = "cities.csv"  # built in only, never imported
_CAPABILITY = {"": None, "yes": True, "no": False}


@dataclass(frozen=True, slots=True)
class OfficialCode:
    """The official code and CVR number of an authority that has only a provisional id in the table."""

    code: str
    cvr: str


_NOTHING: Mapping[AuthorityId, OfficialCode] = MappingProxyType({})


def load_authorities(
    folder: Path = BUILT_IN, official: Mapping[AuthorityId, OfficialCode] = _NOTHING
) -> Authorities:
    """Load the authorities of a folder. Raise UnusableAuthorities if the table is inconsistent.

    `official`: configured codes, such as those of Region Østdanmark (id `region-oestdanmark`).
    """
    return authorities_of(fill_official_codes(read_folder(folder), official))


def read_folder(folder: Path) -> Table:
    return parse_table(*((folder / name).read_text(encoding="utf-8") for name in FILE_NAMES))


def parse_table(authorities: str, memberships: str, postcodes: str) -> Table:
    """Parse the three files. Raise UnusableAuthorities with the row that is malformed."""
    return Table(
        tuple(_authority(place, row) for place, row in _rows(FILE_NAMES[0], authorities)),
        tuple(_membership(place, row) for place, row in _rows(FILE_NAMES[1], memberships)),
        _postcodes(postcodes),
    )


def fill_official_codes(table: Table, official: Mapping[AuthorityId, OfficialCode]) -> Table:
    """Fill in configured codes. Raise UnusableAuthorities if the table already has the code."""
    known = {row.id: row.code for row in table.authorities}
    refused = [name for name in official if name not in known or known[name] is not None]
    if refused:
        raise UnusableAuthorities(
            tuple(f"{name}: unknown, or already has its official code" for name in refused)
        )
    return fill_missing_codes(table, official)


def fill_missing_codes(table: Table, official: Mapping[AuthorityId, OfficialCode]) -> Table:
    """Fill in configured codes that the table lacks. An imported table may already contain them."""
    rows = (
        replace(row, code=official[row.id].code, cvr=official[row.id].cvr)
        if row.id in official and row.code is None
        else row
        for row in table.authorities
    )
    return replace(table, authorities=tuple(rows), cities=built_in_cities())


def _rows(name: str, text: str) -> Iterator[tuple[str, dict[str, str]]]:
    """Yield each row with its position. Lines that begin with # are comments."""
    lines = text.removeprefix("\ufeff").splitlines()
    reader = csv.DictReader((line for line in lines if not line.startswith("#")), strict=True)
    number = 0
    try:
        for number, row in enumerate(reader, start=1):
            if None in row or None in row.values():
                raise UnusableAuthorities((f"{name} row {number}: wrong number of columns",))
            yield f"{name} row {number}", row
    except csv.Error as error:
        raise UnusableAuthorities((f"{name} row {number + 1}: {error}",)) from None


def _authority(place: str, row: dict[str, str]) -> Authority:
    try:
        return Authority(
            id=AuthorityId(row["id"]),
            kind=AuthorityKind(row["kind"]),
            name=row["name"],
            valid=_period(row),
            code=row["code"] or None,
            cvr=row["cvr"] or None,
            successor=_reference(row["successor"]),
            delegates_to=_reference(row["delegates_to"]),
            crisis_team=_CAPABILITY[row["crisis_team"]],
            languages=tuple(row.get("languages", "").split()),
            opening_hours=row.get("opening_hours") or None,
            capacity_a_day=_number(row.get("capacity_a_day", "")),
        )
    except (KeyError, ValueError) as error:
        raise UnusableAuthorities((f"{place}: {error}",)) from None


def _membership(place: str, row: dict[str, str]) -> Membership:
    try:
        return Membership(AuthorityId(row["member"]), AuthorityId(row["body"]), _period(row))
    except (KeyError, ValueError) as error:
        raise UnusableAuthorities((f"{place}: {error}",)) from None


@cache
def built_in_cities() -> Mapping[str, tuple[AuthorityId, ...]]:
    """Read the built-in cities.csv: candidate municipalities by city_keys of the city name."""
    found: dict[str, tuple[AuthorityId, ...]] = {}
    for _, row in _rows(CITIES, (BUILT_IN / CITIES).read_text(encoding="utf-8")):
        codes = tuple(AuthorityId(code) for code in row["municipalities"].split())
        for key in city_keys(row["city"]):
            found[key] = tuple(sorted({*found.get(key, ()), *codes}))
    return MappingProxyType(found)


def _postcodes(text: str) -> Mapping[str, tuple[AuthorityId, ...]]:
    found: dict[str, tuple[AuthorityId, ...]] = {}
    for place, row in _rows(FILE_NAMES[2], text):
        try:
            postcode, municipalities = row["postcode"], row["municipalities"]
        except KeyError as error:
            raise UnusableAuthorities((f"{place}: {error}",)) from None
        if postcode in found:
            raise UnusableAuthorities((f"{place}: postcode {postcode} is there twice",))
        found[postcode] = tuple(AuthorityId(code) for code in municipalities.split())
    return MappingProxyType(found)


def _period(row: dict[str, str]) -> Period:
    end = row["valid_to"]
    return Period(date.fromisoformat(row["valid_from"]), date.fromisoformat(end) if end else None)


def _reference(text: str) -> AuthorityId | None:
    return AuthorityId(text) if text else None


def _number(text: str) -> int | None:
    return int(text) if text else None
