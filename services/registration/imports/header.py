"""Parse the header row of a file, with English or Danish headings."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from contracts.rules.invisible_characters import visible
from contracts.wire.error_codes import ErrorCode
from contracts.wire.errors import FieldError
from services.registration.imports import danish_terms
from services.registration.imports.unreadable_cells import unreadable_code

REQUIRED: Final = ("name", "role", "place")
_NAME_COLUMNS: Final = ("name", "given_name", "family_name")  # one of them is required
REPORT_COLUMNS: Final = ("line", "reason")  # columns of a file of rejected rows; ignored on import
OPTIONAL: Final = tuple(name for name in danish_terms.COLUMNS if name not in (*REQUIRED, *REPORT_COLUMNS))
COLUMNS: Final = frozenset(REQUIRED + OPTIONAL)
_COLUMN_LIST: Final = FieldError(
    "",
    ErrorCode.COLUMN_LIST,
    required=tuple(map(danish_terms.heading_in_both_languages, REQUIRED)),
    optional=tuple(map(danish_terms.heading_in_both_languages, OPTIONAL)),
)
_UNKNOWN: Final = frozenset({ErrorCode.MISSING, ErrorCode.COLUMN_UNKNOWN, ErrorCode.COLUMN_PERHAPS})


class HeaderError(ValueError):
    """The file cannot be imported. The field of an error is a column."""

    def __init__(self, *errors: FieldError) -> None:
        super().__init__("the header row is not right")
        self.errors = errors


@dataclass(frozen=True, slots=True)
class FileHeader:
    names: tuple[str, ...]  # "": a column without a name, whose cells must be empty
    written: tuple[str, ...]  # the headings

    @property
    def danish(self) -> bool:
        return danish_terms.is_danish(heading for heading in self.written if heading)

    def heading(self, name: str) -> str:
        """Return a column's heading in the file, or the heading in the file's language."""
        own_cells = next(
            (one for one in (_NAME_COLUMNS if name == "name" else (name,)) if one in self.names), None
        )
        return (
            danish_terms.heading_of_column(name, danish=self.danish)
            if own_cells is None
            else self.written[self.names.index(own_cells)]
        )

    def own_cells(self, cells: Sequence[str]) -> tuple[str, ...]:
        """Return the cells without report columns and unnamed columns. Keep cells past the last column."""
        width = len(self.names)
        own_cells = [
            cell for name, cell in zip(self.names, cells, strict=False) if name and name not in REPORT_COLUMNS
        ]
        return (*own_cells, *cells[width:])


def read_header(cells: Sequence[str]) -> FileHeader:
    """Raise HeaderError for unknown, missing and duplicate columns.

    A first row without any known column may hold a person's data. Its errors name positions, not texts.
    """
    written = tuple(visible(cell) for cell in strip_empty_end(cells))
    names = tuple(map(danish_terms.column_of_heading, written))
    names_columns = names_required_column(cells)
    if len(names) == 1 and not names_columns:
        raise HeaderError(FieldError("", ErrorCode.FILE_FORMAT))
    errors = [
        _unknown_column_error(names, at, written[at - 1], names_columns=names_columns)
        for at, name in enumerate(names, 1)
        if name and name not in COLUMNS and name not in REPORT_COLUMNS
    ]
    errors += [FieldError(same, ErrorCode.COLUMN_TWICE) for same in _duplicate_headings(names, written)]
    errors += [FieldError(name, ErrorCode.MISSING) for name in _missing_columns(names, written)]
    if any(error.code in _UNKNOWN for error in errors):
        errors.append(_COLUMN_LIST)
    if errors:
        raise HeaderError(*errors)
    return FileHeader(names, written)


def _unknown_column_error(names: Sequence[str], at: int, cell: str, *, names_columns: bool) -> FieldError:
    name, place = names[at - 1], f"column {at}"
    if (code := unreadable_code(name, cell)) is not None:
        return FieldError(place, code)
    field = cell[:40] if names_columns else place
    meant = danish_terms.suggest_column(name, COLUMNS.difference(names))
    if not meant:
        return FieldError(field, ErrorCode.COLUMN_UNKNOWN)
    return FieldError(field, ErrorCode.COLUMN_PERHAPS, column=danish_terms.heading_in_both_languages(meant))


def _duplicate_headings(names: Sequence[str], written: Sequence[str]) -> Iterator[str]:
    """Yield headings of the same column. Unknown headings yield "": they may be a person's data."""
    for name in dict.fromkeys(name for name in names if name and names.count(name) > 1):
        headings = [heading for one, heading in zip(names, written, strict=True) if one == name]
        yield ", ".join(dict.fromkeys(headings)) if name in COLUMNS else ""


def _missing_columns(names: Sequence[str], written: Sequence[str]) -> Iterator[str]:
    """Yield the missing required columns, in the language of the other headings."""
    danish = danish_terms.is_danish(heading for heading in written if heading)
    for name in REQUIRED:
        if not any(one in names for one in (_NAME_COLUMNS if name == "name" else (name,))):
            yield danish_terms.heading_of_column(name, danish=danish)


def names_required_column(cells: Sequence[str]) -> bool:
    """Return whether a row contains the heading of a required column."""
    return any(danish_terms.column_of_heading(cell) in (*REQUIRED, *_NAME_COLUMNS) for cell in cells)


def strip_empty_end(cells: Sequence[str]) -> tuple[str, ...]:
    count = len(cells)
    while count and not visible(cells[count - 1]):
        count -= 1
    return tuple(cells[:count])
