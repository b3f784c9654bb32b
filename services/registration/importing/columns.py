"""What the columns of a file mean: a record becomes what was said about a person, or its cells' flaws."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Final, TypeVar

from contracts.personal import Address
from contracts.vocabulary import Channel, ObtainedBy, Presence, Purpose, RegistrationPlace, Role
from services.registration.domain.age import LOCAL
from services.registration.domain.consent import SaidConsent
from services.registration.domain.identifiers import SaidIdentifier
from services.registration.domain.moment import untimely
from services.registration.domain.person import Said
from services.registration.domain.text import Flaw
from services.registration.importing import words

REQUIRED: Final = ("name", "role", "place")
OPTIONAL: Final = (
    "reference", "cpr", "birth_date", "phone", "email", "street", "postcode", "city", "municipality",
    "country", "language", "presence", "registered_at", "registered_by", "note", "registration_consent",
    "contact_consent", "channels", "wording", "consent_language", "obtained_by", "form_number",
    "consented_at", "consent_by", "witness", "guardian",
)  # fmt: skip
COLUMNS: Final = frozenset(REQUIRED + OPTIONAL)
TOLD: Final = ("line", "reason")  # what a file of refused rows says of each: not read
_SPREADSHEET_ERRORS: Final = frozenset(
    {"#NULL!", "#DIV/0!", "#VALUE!", "#REF!", "#NAME?", "#NUM!", "#N/A", "#GETTING_DATA", "#SPILL!", "#CALC!"}
)
_DIGITS: Final = {"cpr": 10, "municipality": 4}  # where a spreadsheet takes a leading zero away
_YES: Final = frozenset({"yes", "ja", "true", "1", "x"})
_NO: Final = frozenset({"no", "nej", "false", "0", ""})
_CHANNELS: Final = {channel.value: channel for channel in Channel}
_UNZEROED: Final = (
    "had one digit too few, as when a spreadsheet drops a leading zero: read with a zero before it"
)
_DANISH_DATE = re.compile(r"(\d{1,2})[-./](\d{1,2})[-./](\d{4})", re.ASCII)
W = TypeVar("W", bound=StrEnum)

_COLUMN_OF: Final = {
    "identifiers.0.value": "cpr",
    "addresses.0.line": "street",
    "addresses.0.postcode": "postcode",
    "addresses.0.city": "city",
    "addresses.0.country": "country",
    "addresses.0.municipality": "municipality",
}
_CONSENT_COLUMN: Final = {
    "language": "consent_language",
    "how": "obtained_by",
    "at": "consented_at",
    "by": "consent_by",
}


class HeaderError(ValueError):
    """The file cannot be read at all. `problems`: column and reason."""

    def __init__(self, problems: Sequence[tuple[str, str]]) -> None:
        super().__init__("the header row is not right")
        self.problems = tuple(problems)


@dataclass(frozen=True, slots=True)
class Header:
    names: tuple[str, ...]  # "": a column without a name, whose cells must be empty

    def own(self, cells: Sequence[str]) -> tuple[str, ...]:
        """Leave out the cells of columns that are not the file's own; those past the last column stay."""
        width = len(self.names)
        own = [cell for name, cell in zip(self.names, cells, strict=False) if name and name not in TOLD]
        return (*own, *cells[width:])


@dataclass(frozen=True, slots=True)
class Row:
    """One record as its cells. `reference` is the file's own name for it, if it has one."""

    said: Said = field(repr=False)
    reference: str | None = field(repr=False)
    canonical: str = field(repr=False)  # the same for the same cells, whatever the order of the columns
    hints: tuple[Flaw, ...] = ()


def read_header(cells: Sequence[str]) -> Header:
    """Raise HeaderError for unknown, missing and doubled columns: nothing is imported then.

    A first row that names no column of ours may hold a person: its cells are told by their place alone.
    """
    names = tuple(words.column(cell) for cell in without_empty_end(cells))
    names_columns = names_ours(cells)
    problems = [
        (name[:40] if names_columns else f"column {at}", "is not a column this import knows")
        for at, name in enumerate(names, 1)
        if name and name not in COLUMNS and name not in TOLD
    ]
    doubled = sorted({name for name in names if name and names.count(name) > 1})
    problems += [(name if name in COLUMNS else "", "stands twice") for name in doubled]
    problems += [(name, "is missing") for name in REQUIRED if name not in names]
    if problems:
        raise HeaderError(problems)
    return Header(names)


def names_ours(cells: Sequence[str]) -> bool:
    """Tell if a row names a column that no file can do without."""
    return any(words.column(cell) in REQUIRED for cell in cells)


def without_empty_end(cells: Sequence[str]) -> tuple[str, ...]:
    count = len(cells)
    while count and not cells[count - 1].strip():
        count -= 1
    return tuple(cells[:count])


def read_row(values: Sequence[str], header: Header, *, by: str, now: datetime) -> Row | list[Flaw]:
    """`by` and `now` are who imports, and when, where the file does not say it."""
    width = len(header.names)
    if len(values) < width or any(value.strip() for value in values[width:]):
        return [Flaw("", f"has {len(values)} cells instead of {width}")]
    named = list(zip(header.names, (value.strip() for value in values), strict=False))
    flaws = [
        Flaw("", "has something in a column without a name") for name, value in named if value and not name
    ]
    cells = {name: value for name, value in named if name and name not in TOLD}
    flaws += [
        Flaw(name, "is an error of the spreadsheet, not a value")
        for name, value in cells.items()
        if value in _SPREADSHEET_ERRORS
    ]
    hints = tuple(_zeroed(cells))
    said = _said(cells, flaws, by, now)
    if flaws or said is None:
        return flaws
    canonical = "\0".join(f"{name}={value}" for name, value in sorted(cells.items()) if value)
    return Row(said, cells.get("reference") or None, canonical, hints)


def _zeroed(cells: dict[str, str]) -> Iterator[Flaw]:
    """Give back the leading zero which a spreadsheet takes from what it holds for a number."""
    for name, digits in _DIGITS.items():
        value = cells.get(name, "")
        if len(value) == digits - 1 and value.isascii() and value.isdigit():
            cells[name] = f"0{value}"
            yield Flaw(name, _UNZEROED)


def column_of(flaw: Flaw) -> str:
    """Name the column a flaw of domain.person.check is about."""
    name = _COLUMN_OF.get(flaw.field)
    if name is not None:
        return name
    prefix, _, last = flaw.field.rpartition(".")
    return _CONSENT_COLUMN.get(last, last) if prefix.startswith("consents.") else flaw.field


def _said(cells: dict[str, str], flaws: list[Flaw], by: str, now: datetime) -> Said | None:
    role = _word(cells, "role", Role, flaws)
    place = _word(cells, "place", RegistrationPlace, flaws)
    presence = _word(cells, "presence", Presence, flaws) if cells.get("presence") else Presence.STATED
    registered_at = _moment(cells, "registered_at", flaws)
    birth_date = _date(cells, "birth_date", flaws)
    registered_by = cells.get("registered_by") or by
    consents = _consents(cells, flaws, registered_by)
    if role is None or place is None or presence is None:
        return None
    return Said(
        name=cells["name"],
        role=role,
        place=place,
        registered_at=registered_at or now,
        registered_by=registered_by,
        presence=presence,
        language=cells.get("language") or "da",
        identifiers=(SaidIdentifier(None, cells["cpr"]),) if cells.get("cpr") else (),
        birth_date=birth_date,
        phone=cells.get("phone") or None,
        email=cells.get("email") or None,
        addresses=_addresses(cells),
        note=cells.get("note") or None,
        consents=consents,
    )


def _addresses(cells: dict[str, str]) -> tuple[Address, ...]:
    if not any(cells.get(name) for name in ("street", "postcode", "city", "municipality")):
        return ()
    address = Address(
        line=cells.get("street") or None,
        postcode=cells.get("postcode") or None,
        city=cells.get("city") or None,
        municipality=cells.get("municipality") or None,
        country=cells.get("country") or "DK",
    )
    return (address,)


def _consents(cells: dict[str, str], flaws: list[Flaw], by: str) -> tuple[SaidConsent, ...]:
    purposes = [
        purpose
        for purpose, name in (
            (Purpose.REGISTRATION, "registration_consent"),
            (Purpose.CONTACT, "contact_consent"),
        )
        if _yes(cells, name, flaws)
    ]
    if not purposes:
        return ()
    how = _word(cells, "obtained_by", ObtainedBy, flaws) if cells.get("obtained_by") else None
    at = _moment(cells, "consented_at", flaws)
    channels = _channels(cells, flaws)
    return tuple(
        SaidConsent(
            purpose=purpose,
            channels=channels if purpose is Purpose.CONTACT else (),
            wording=cells.get("wording") or None,
            language=cells.get("consent_language") or None,
            how=how,
            at=at,
            form_number=cells.get("form_number") or None,
            by=cells.get("consent_by") or by,
            witness=cells.get("witness") or None,
            guardian=cells.get("guardian") or None,
        )
        for purpose in purposes
    )


def _yes(cells: dict[str, str], name: str, flaws: list[Flaw]) -> bool:
    value = cells.get(name, "").casefold()
    if value not in _YES and value not in _NO:
        flaws.append(Flaw(name, "write yes or no (ja or nej)"))
    return value in _YES


def _channels(cells: dict[str, str], flaws: list[Flaw]) -> tuple[Channel, ...]:
    said = [words.word("channels", one) for one in re.split(r"[\s,;]+", cells.get("channels", "")) if one]
    if any(one not in _CHANNELS for one in said):
        flaws.append(Flaw("channels", f"write one or more of: {' '.join(Channel)}"))
    return tuple(_CHANNELS[one] for one in said if one in _CHANNELS)


def _word(cells: dict[str, str], name: str, known: type[W], flaws: list[Flaw]) -> W | None:
    try:
        return known(words.word(name, cells.get(name, "")))
    except ValueError:
        flaws.append(Flaw(name, f"write one of: {', '.join(known)}"))
        return None


def _date(cells: dict[str, str], name: str, flaws: list[Flaw]) -> date | None:
    text = cells.get(name)
    if not text:
        return None
    danish = _DANISH_DATE.fullmatch(text)
    try:
        if danish:
            day, month, year = map(int, danish.groups())
            return date(year, month, day)
        return date.fromisoformat(text)
    except ValueError:
        flaws.append(Flaw(name, "write a date that exists, as 31-12-1980 or 1980-12-31"))
        return None


def _moment(cells: dict[str, str], name: str, flaws: list[Flaw]) -> datetime | None:
    """Read a moment; one without a time zone is Danish time."""
    text = cells.get(name)
    if not text:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        flaws.append(Flaw(name, "write a date and a time, as 2026-11-24T12:00 or 2026-11-24T12:00:00+01:00"))
        return None
    if (reason := untimely(moment)) is not None:
        flaws.append(Flaw(name, reason))
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=LOCAL)
