"""Parse the cells of a row into the statements about a person, or into the errors of its cells."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from contracts.events.personal import Address
from contracts.events.vocabulary import (
    Channel,
    ObtainedBy,
    PreferredTime,
    Presence,
    Purpose,
    RegistrationPlace,
    Role,
)
from contracts.rules.identity import IdentitySystem
from contracts.rules.invisible_characters import visible
from contracts.wire.error_codes import ErrorCode
from contracts.wire.errors import FieldError
from services.registration.domain.consent import ConsentInput
from services.registration.domain.identifiers import IdentifierInput
from services.registration.domain.person import NewPerson, PersonInput, check
from services.registration.imports.cells import W, read_channels, read_date, read_time, read_word, read_yes_no
from services.registration.imports.header import FileHeader
from services.registration.imports.list_consent import NO_LIST_CONSENT, ListConsent
from services.registration.imports.row_cells import cells_by_column
from services.registration.imports.unreadable_cells import unreadable_code

# spreadsheets drop the leading zero of these
_DIGITS: Final = {"cpr": 10, "guardian_cpr": 10, "municipality": 4}
_THREE_DIGITS = re.compile(r"\d{3}", re.ASCII)
_FIRST_OF_A_MONTH = re.compile(r"\d{4}-\d{2}-01", re.ASCII)
_CONSENTS: Final = (
    (Purpose.REGISTRATION, "registration_consent"),
    (Purpose.CONTACT, "contact_consent"),
)
_NO_IDENTIFIER: Final = IdentifierInput(IdentitySystem.NONE, "")
_COLUMN_OF: Final = {
    "identifiers.0.value": "cpr",
    "identifiers.1.value": "identity",
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


@dataclass(frozen=True, slots=True)
class PersonRow:
    """A valid row. `reference` is the file's own key of the row, if it has one."""

    said: PersonInput = field(repr=False)
    reference: str | None = field(repr=False)
    stated: frozenset[str]  # the columns that are not empty
    hints: tuple[FieldError, ...] = ()


def read_row(
    values: Sequence[str],
    header: FileHeader,
    *,
    by: str,
    now: datetime,
    statement: ListConsent = NO_LIST_CONSENT,
) -> PersonRow | list[FieldError]:
    """Return the row, or its errors.

    `by` and `now` are used where the file names no registrar or time. `statement` applies to all consents
    of the file.
    """
    return read_cells(cells_by_column(values, header), values, header, by=by, now=now, statement=statement)


def read_cells(
    cells: dict[str, str],
    values: Sequence[str],
    header: FileHeader,
    *,
    by: str,
    now: datetime,
    statement: ListConsent = NO_LIST_CONSENT,
) -> PersonRow | list[FieldError]:
    """Return the row of `cells`, or its errors. Changes `cells`. `values` are the same cells unprocessed."""
    width = len(header.names)
    if any(visible(value) for value in values[width:]):
        return [FieldError("", ErrorCode.CELLS_EXTRA, cells=len(values), columns=width)]
    stated = frozenset(name for name, value in cells.items() if value)
    filled = tuple(statement.fill(cells))
    unread = {name: code for name, value in cells.items() if (code := unreadable_code(name, value))}
    errors = [
        *_unnamed_column_errors(values, header),
        *(FieldError(name, code) for name, code in unread.items()),
    ]
    hints = (
        *_missing_cell_hints(values, width),
        *filled,
        *_restore_leading_zeros(cells),
        *_doubtful_value_hints(cells),
    )
    found: list[FieldError] = []
    said = _said(cells, found, by, now)
    errors += [error for error in found if error.field not in unread]
    if errors:
        return [*errors, *_further_errors(said, errors, now)]
    return PersonRow(said, visible(cells.get("reference", "")) or None, stated, hints)


def _unnamed_column_errors(values: Sequence[str], header: FileHeader) -> Iterator[FieldError]:
    for name, value in zip(header.names, values, strict=False):
        if not name and visible(value):
            yield FieldError("", ErrorCode.UNNAMED_COLUMN)


def _missing_cell_hints(values: Sequence[str], width: int) -> Iterator[FieldError]:
    if len(values) < width:
        yield FieldError("", ErrorCode.CELLS_MISSING)


def _restore_leading_zeros(cells: dict[str, str]) -> Iterator[FieldError]:
    """Restore a leading zero that a spreadsheet dropped. Yield a hint for each."""
    for name, digits in _DIGITS.items():
        value = cells.get(name, "")
        if len(value) == digits - 1 and value.isascii() and value.isdigit():
            cells[name] = f"0{value}"
            yield FieldError(name, ErrorCode.ZERO_RESTORED)


def _doubtful_value_hints(cells: Mapping[str, str]) -> Iterator[FieldError]:
    """Yield hints for values that a spreadsheet may have changed. The postcodes 0800 and 800 both exist."""
    if _THREE_DIGITS.fullmatch(cells.get("postcode", "")) and cells.get("country", "") in {"", "DK"}:
        yield FieldError("postcode", ErrorCode.FAROESE_POSTCODE)
    if _FIRST_OF_A_MONTH.fullmatch(cells.get("wording", "")):
        yield FieldError("wording", ErrorCode.WORDING_IS_DATE)


def _further_errors(said: PersonInput, errors: Sequence[FieldError], now: datetime) -> Iterator[FieldError]:
    """Yield the errors of the readable cells too, so that the user corrects a row only once."""
    unread = {error.field for error in errors}
    if "identity_system" in unread:
        unread.add("identity")
    checked = check(said, now)
    if not isinstance(checked, NewPerson):
        found = dict.fromkeys(error.at(column_of_field(error)) for error in checked)
        yield from (error for error in found if error.field not in unread)


def column_of_field(error: FieldError) -> str:
    """Return the column for an error of domain.person.check."""
    name = _COLUMN_OF.get(error.field)
    if name is not None:
        return name
    prefix, _, last = error.field.rpartition(".")
    return _CONSENT_COLUMN.get(last, last) if prefix.startswith("consents.") else error.field


def _said(cells: dict[str, str], errors: list[FieldError], by: str, now: datetime) -> PersonInput:
    role = read_word(cells, "role", Role, errors)
    place = read_word(cells, "place", RegistrationPlace, errors)
    presence = _optional_word(cells, "presence", Presence, errors) or Presence.STATED
    registered_at = read_time(cells, "registered_at", errors)
    birth_date = read_date(cells, "birth_date", errors)
    registered_by = cells.get("registered_by") or by
    consents = _consents(cells, errors, registered_by)
    return PersonInput(
        name=cells["name"],
        role=role or Role.OTHER,  # without a role the row is rejected
        place=place or RegistrationPlace.HOTLINE,
        registered_at=registered_at or now,
        registered_by=registered_by,
        presence=presence,
        language=cells.get("language") or "da",
        interpreter=read_yes_no(cells, "interpreter", errors),
        identifiers=_identifiers(cells, errors),
        birth_date=birth_date,
        phone=cells.get("phone") or None,
        email=cells.get("email") or None,
        addresses=_addresses(cells),
        preferred_time=_optional_word(cells, "preferred_time", PreferredTime, errors),
        preferred_channel=_optional_word(cells, "preferred_channel", Channel, errors),
        note=cells.get("note") or None,
        circumstances=cells.get("circumstances") or None,
        concerns=cells.get("concerns") or None,
        do_not_contact=read_yes_no(cells, "do_not_contact", errors),
        consents=consents,
    )


def _optional_word(cells: dict[str, str], name: str, known: type[W], errors: list[FieldError]) -> W | None:
    """Read a vocabulary word, or None from an empty cell."""
    return read_word(cells, name, known, errors) if cells.get(name) else None


def _identifiers(cells: dict[str, str], errors: list[FieldError]) -> tuple[IdentifierInput, ...]:
    """Return the number of column cpr first, then of column identity. Errors name fields by this order."""
    cpr = IdentifierInput(None, cells["cpr"]) if cells.get("cpr") else _NO_IDENTIFIER
    system = _optional_word(cells, "identity_system", IdentitySystem, errors)
    if cells.get("identity"):
        return (cpr, IdentifierInput(system, cells["identity"], cells.get("identity_scope") or None))
    if system not in {None, IdentitySystem.NONE}:
        errors.append(FieldError("identity", ErrorCode.ID_WITHOUT_NUMBER))
    return (cpr,)


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


def _consents(cells: dict[str, str], errors: list[FieldError], by: str) -> tuple[ConsentInput, ...]:
    purposes = tuple(_purposes(cells, errors))
    if not purposes:
        return ()
    how = _optional_word(cells, "obtained_by", ObtainedBy, errors)
    at = read_time(cells, "consented_at", errors)
    channels = read_channels(cells, errors)
    return tuple(
        ConsentInput(
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
            guardian_cpr=cells.get("guardian_cpr") or None,
        )
        for purpose in purposes
    )


def _purposes(cells: dict[str, str], errors: list[FieldError]) -> Iterator[Purpose]:
    """Yield the consented purposes. Column consent covers both, unless the purpose's column says no."""
    both = read_yes_no(cells, "consent", errors)
    for purpose, name in _CONSENTS:
        if read_yes_no(cells, name, errors) or (both and not cells.get(name)):
            yield purpose
