"""Texts of an import's report, in the language and with the headings of the file."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from contracts.wire.errors import CATALOGUE, FieldError
from kit.i18n.catalogues import load_translations
from kit.i18n.errors import error_text
from services.registration.imports import danish_terms
from services.registration.imports.header import REPORT_COLUMNS, FileHeader
from services.registration.store.imports import RowProblem

_COLUMN_OF: Final = {"addresses": "street", "identifiers": "cpr"}
_TRANSLATIONS: Final = load_translations(CATALOGUE)
_RISKY: Final = "=+-@\t\r\uff1d\uff0b\uff0d\uff20"
_NUMBER = re.compile(r"\+?[0-9 ]+")  # a phone number is no formula


@dataclass(frozen=True, slots=True)
class ReportLanguage:
    danish: bool

    @classmethod
    def from_headings(cls, headings: Sequence[str]) -> "ReportLanguage":
        return cls(danish_terms.is_danish(headings))

    def error_text(self, error: FieldError) -> str:
        return error_text(error, _TRANSLATIONS["da" if self.danish else "en"])

    def report_headings(self) -> list[str]:
        """Return the headings of the columns that a file of rejected rows adds."""
        return [danish_terms.heading_of_column(name, danish=self.danish) for name in REPORT_COLUMNS]

    def join_errors(self, errors: Sequence[FieldError]) -> str:
        """Return the errors of a rejected row as one text, the first one separate."""
        texts = [
            f"{error.field}: {self.error_text(error)}" if error.field else self.error_text(error)
            for error in errors
        ]
        also = "Desuden" if self.danish else "Also"
        return f"{texts[0]} {also}: {' '.join(texts[1:])}" if texts[1:] else "".join(texts)


def use_file_terms(problem: RowProblem, header: FileHeader) -> RowProblem:
    """Return a problem with the file's own heading and vocabulary."""
    error = problem.error
    field = _COLUMN_OF.get(error.field, error.field)
    params = dict(error.params)
    values = params.get("values")
    if header.danish and isinstance(values, tuple):
        params["values"] = tuple(danish_terms.danish_word(field, value) for value in values)
    heading = header.heading(field) if field else ""
    return replace(problem, error=FieldError(heading, error.code, **params))


def escape_formula(cell: str) -> str:
    """Prefix an apostrophe so that no spreadsheet runs a formula. The import removes it again."""
    if cell[:1] and cell[0] in _RISKY and not _NUMBER.fullmatch(cell):
        return f"'{cell}"
    return cell
