"""The import page and the templates name the columns and values that registration reads."""

import csv
from pathlib import Path

import openpyxl
import pytest

from contracts.events.vocabulary import Channel, ObtainedBy, RegistrationPlace, Role
from deploy import import_template
from kit.i18n.catalogues import read_catalogue
from services.console import i18n
from services.console.pages import imports
from services.console.web import static_files
from services.registration.imports import danish_terms, header

PAGE = Path(imports.__file__).with_name("page.html")
TEXTS = " ".join(str(message.string) for message in read_catalogue(Path(i18n.__file__).with_name("da.po")))


def test_the_template_has_only_known_columns_and_all_required_ones() -> None:
    with (static_files.OWN / "registrerede.csv").open(encoding="utf-8-sig", newline="") as file:
        (headings,) = csv.reader(file, delimiter=";")

    read = [danish_terms.column_of_heading(heading) for heading in headings]

    assert len(set(read)) == len(headings)
    assert set(read) <= header.COLUMNS
    assert set(header.REQUIRED) <= set(read)
    assert [heading for heading in headings if f"<code>{heading}</code>" not in PAGE.read_text()] == ["notat"]


def test_the_stored_templates_are_up_to_date(tmp_path: Path) -> None:
    """`python -m deploy.import_template` renews them."""
    import_template.main(tmp_path)

    for name in ("registrerede.csv", "registrerede.xlsx"):
        assert cells(tmp_path / name) == cells(static_files.OWN / name)


def cells(path: Path) -> list[object]:
    if path.suffix == ".csv":
        return [path.read_bytes()]
    sheet = openpyxl.load_workbook(path).worksheets[0]
    lists = [(str(one.sqref), one.formula1) for one in sheet.data_validations.dataValidation]
    return [*sheet.iter_rows(values_only=True), *lists]


@pytest.mark.parametrize(
    ("column", "told", "known"),
    [
        ("role", "berørt, pårørende, vidne, personale eller andet", Role),
        ("role", "victim, relative, witness, responder or other", Role),
        ("place", "skadested, pårørendecenter, sygehus, hotline, selv eller papir", RegistrationPlace),
        ("place", "scene, epc, hospital, hotline, self or paper", RegistrationPlace),
        ("channels", "opkald, sms, email, digital_post eller brev", Channel),
        ("obtained_by", "mundtlig, papirskema eller digitalt", ObtainedBy),
    ],
)
def test_the_values_listed_for_a_cell_are_exactly_those_that_are_read(
    column: str, told: str, known: type[Role | RegistrationPlace | Channel | ObtainedBy]
) -> None:
    said = told.replace(" eller ", ", ").replace(" or ", ", ").split(", ")

    assert told in PAGE.read_text() + TEXTS
    assert {danish_terms.vocabulary_word(column, one) for one in said} == {str(one) for one in known}
