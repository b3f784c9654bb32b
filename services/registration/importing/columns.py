"""What the columns of a file mean: a record becomes what was said about a person, or its cells' flaws."""

import csv
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Final, TypeVar

from contracts.personal import Address
from contracts.vocabulary import Channel, ObtainedBy, Presence, Purpose, RegistrationPlace, Role
from services.registration.domain.consent import SaidConsent
from services.registration.domain.moment import untimely
from services.registration.domain.person import LOCAL, Said, SaidIdentifier
from services.registration.domain.text import Flaw

REQUIRED: Final = ("name", "role", "place")
OPTIONAL: Final = (
    "reference", "cpr", "birth_date", "phone", "email", "street", "postcode", "city", "municipality",
    "country", "language", "presence", "registered_at", "registered_by", "note", "registration_consent",
    "contact_consent", "channels", "wording", "consent_language", "obtained_by", "form_number",
    "consented_at", "consent_by", "witness", "guardian",
)  # fmt: skip
COLUMNS: Final = frozenset(REQUIRED + OPTIONAL)
_YES: Final = frozenset({"yes", "ja", "true", "1", "x"})
_NO: Final = frozenset({"no", "nej", "false", "0", ""})
_CHANNELS: Final = {channel.value: channel for channel in Channel}
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
    names: tuple[str, ...]
    delimiter: str


@dataclass(frozen=True, slots=True)
class Row:
    """One record as its cells. `reference` is the file's own name for it, if it has one."""

    said: Said = field(repr=False)
    reference: str | None = field(repr=False)
    canonical: str = field(repr=False)  # the same for the same cells, whatever the order of the columns


def read_header(text: str) -> Header:
    """Raise HeaderError for unknown, missing and doubled columns: nothing is imported then.

    A first row that names no column of ours may hold a person: its cells are told by their place alone.
    """
    delimiter = max(";,\t", key=text.count)
    try:
        names = tuple(name.strip().casefold() for name in _cells(text, delimiter))
    except csv.Error:
        raise HeaderError([("", _unreadable(text))]) from None
    names_columns = any(name in REQUIRED for name in names)
    problems = [
        (name[:40] if names_columns and name else f"column {at}", "is not a column this import knows")
        for at, name in enumerate(names, 1)
        if name not in COLUMNS
    ]
    problems += [(name, "stands twice") for name in sorted({n for n in names if names.count(n) > 1})]
    problems += [(name, "is missing") for name in REQUIRED if name not in names]
    if problems:
        raise HeaderError(problems)
    return Header(names, delimiter)


def read_row(text: str, header: Header, *, by: str, now: datetime) -> Row | list[Flaw]:
    """`by` and `now` are who imports, and when, where the file does not say it."""
    try:
        values = _cells(text, header.delimiter)
    except csv.Error:
        return [Flaw("", _unreadable(text))]
    if len(values) != len(header.names):
        return [Flaw("", f"has {len(values)} cells instead of {len(header.names)}")]
    cells = {name: value.strip() for name, value in zip(header.names, values, strict=True)}
    flaws: list[Flaw] = []
    said = _said(cells, flaws, by, now)
    if flaws or said is None:
        return flaws
    canonical = "\0".join(f"{name}={value}" for name, value in sorted(cells.items()) if value)
    return Row(said, cells.get("reference") or None, canonical)


def column_of(flaw: Flaw) -> str:
    """Name the column a flaw of domain.person.check is about."""
    name = _COLUMN_OF.get(flaw.field)
    if name is not None:
        return name
    prefix, _, last = flaw.field.rpartition(".")
    return _CONSENT_COLUMN.get(last, last) if prefix.startswith("consents.") else flaw.field


def _unreadable(text: str) -> str:
    if '"' in text:
        return "a quotation mark does not stand at the beginning or the end of its cell"
    return "a line ends by CR alone: save the file as CSV UTF-8 and import it again"


def _cells(text: str, delimiter: str) -> list[str]:
    return next(csv.reader([text], delimiter=delimiter, strict=True), [])


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
    words = re.split(r"[\s,;]+", cells.get("channels", "").casefold().strip())
    if any(word and word not in _CHANNELS for word in words):
        flaws.append(Flaw("channels", f"write one or more of: {' '.join(Channel)}"))
    return tuple(_CHANNELS[word] for word in words if word in _CHANNELS)


def _word(cells: dict[str, str], name: str, words: type[W], flaws: list[Flaw]) -> W | None:
    try:
        return words(cells.get(name, "").casefold())
    except ValueError:
        flaws.append(Flaw(name, f"write one of: {', '.join(words)}"))
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
