"""Texts of an import's report, in the language and with the headings of the file."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from contracts.rules.reasons_in_danish import in_danish
from services.registration.imports import danish_terms
from services.registration.imports.header import REPORT_COLUMNS, FileHeader
from services.registration.store.imports import RowProblem

_LISTED = re.compile(r"(write one(?: or more)? of: )(.+)")
_COLUMN_OF: Final = {"addresses": "street", "identifiers": "cpr"}
_RISKY: Final = "=+-@\t\r\uff1d\uff0b\uff0d\uff20"
_NUMBER = re.compile(r"\+?[0-9 ]+")  # a phone number is no formula


@dataclass(frozen=True, slots=True)
class ReportLanguage:
    danish: bool

    @classmethod
    def from_headings(cls, headings: Sequence[str]) -> "ReportLanguage":
        return cls(danish_terms.is_danish(headings))

    def translate(self, reason: str) -> str:
        return (in_danish(reason) if self.danish else None) or reason

    def report_headings(self) -> list[str]:
        """Return the headings of the columns that a file of rejected rows adds."""
        return [danish_terms.heading_of_column(name, danish=self.danish) for name in REPORT_COLUMNS]

    def join_reasons(self, columns: Sequence[str], reasons: Sequence[str]) -> str:
        """Return the reasons of a rejected row as one text, the first one separate."""
        texts = [
            f"{column}: {self.translate(reason)}" if column else self.translate(reason)
            for column, reason in zip(columns, reasons, strict=True)
        ]
        also = "Desuden" if self.danish else "Also"
        return f"{texts[0]}. {also}: {'; '.join(texts[1:])}" if texts[1:] else "".join(texts)


def use_file_terms(problem: RowProblem, header: FileHeader) -> RowProblem:
    """Return a problem with the file's own heading and vocabulary."""
    reason = problem.reason
    if header.danish and (listed := _LISTED.fullmatch(reason)):
        known = re.split(r"[, ]+", listed[2])
        reason = listed[1] + ", ".join(danish_terms.danish_word(problem.column, value) for value in known)
    return replace(
        problem,
        column=header.heading(_COLUMN_OF.get(problem.column, problem.column)) if problem.column else "",
        reason=reason,
    )


def escape_formula(cell: str) -> str:
    """Prefix an apostrophe so that no spreadsheet runs a formula. The import removes it again."""
    if cell[:1] and cell[0] in _RISKY and not _NUMBER.fullmatch(cell):
        return f"'{cell}"
    return cell
