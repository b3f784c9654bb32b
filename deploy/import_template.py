"""Write the import templates (CSV and workbook): `python -m deploy.import_template`, after a change of terms.

The workbook offers the words of each column as a list, and keeps numbers as text, so that no zero is lost.
"""

from pathlib import Path
from typing import Final

import openpyxl
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation

from contracts.events.vocabulary import Channel, ObtainedBy, RegistrationPlace, Role
from services.console.web import static_files
from services.registration.imports import danish_terms

COLUMNS: Final = (
    "name", "role", "place", "cpr", "birth_date", "phone", "email", "street", "postcode", "city", "country",
    "language", "interpreter", "note", "registration_consent", "contact_consent", "channels", "wording",
    "consent_language", "obtained_by", "form_number", "witness", "guardian", "guardian_cpr", "consent_by",
    "consented_at",
)  # fmt: skip
_YES_OR_NO: Final = ("ja", "nej")
_LANGUAGES: Final = ("da", "en", "uk", "ar")
LISTS: Final = {
    "role": tuple(danish_terms.danish_word("role", one) for one in Role),
    "place": tuple(danish_terms.danish_word("place", one) for one in RegistrationPlace),
    "obtained_by": tuple(danish_terms.danish_word("obtained_by", one) for one in ObtainedBy),
    "channels": tuple(danish_terms.danish_word("channels", one) for one in Channel),
    "language": _LANGUAGES,
    "consent_language": _LANGUAGES,
    **dict.fromkeys(("interpreter", "registration_consent", "contact_consent"), _YES_OR_NO),
}
_MORE_THAN_THE_LIST: Final = frozenset({"channels", "language", "consent_language"})
_ROWS: Final = 2000


def headings() -> list[str]:
    return [danish_terms.heading_of_column(name, danish=True) for name in COLUMNS]


def workbook() -> openpyxl.Workbook:
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    sheet.title = "Registrerede"
    sheet.append(headings())
    sheet.freeze_panes = "A2"
    for at, name in enumerate(COLUMNS, start=1):
        letter = get_column_letter(at)
        sheet.column_dimensions[letter].width = 18
        sheet.column_dimensions[letter].number_format = "@"
        if name in LISTS:
            offered = DataValidation("list", formula1=f'"{",".join(LISTS[name])}"', allow_blank=True)
            offered.showErrorMessage = name not in _MORE_THAN_THE_LIST
            offered.add(f"{letter}2:{letter}{_ROWS}")
            sheet.add_data_validation(offered)
    return book


def main(folder: Path = static_files.OWN) -> None:
    (folder / "registrerede.csv").write_text(
        f"\ufeff{';'.join(headings())}\r\n", encoding="utf-8", newline=""
    )
    workbook().save(folder / "registrerede.xlsx")


if __name__ == "__main__":
    main()
