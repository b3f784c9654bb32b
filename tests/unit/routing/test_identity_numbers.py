import csv
from datetime import date

import pytest

from contracts.rules.identity import (
    IdentifierError,
    IdentitySystem,
    Number,
    age,
    check,
    looks_mistyped,
    parse,
)
from tests import published

ON = date(2026, 11, 24)


@pytest.mark.published
def test_reads_the_birth_date_of_every_published_test_person() -> None:
    with published.path("data/people/test-people.csv").open(encoding="utf-8") as file:
        people = list(csv.DictReader(file))

    wrong = [
        row["instance"]
        for row in people
        if parse(row["identifier_value"], ON)
        != Number(IdentitySystem.CPR, row["identifier_value"], date.fromisoformat(row["birthDate"]))
    ]

    assert people
    assert wrong == []


@pytest.mark.parametrize(
    ("typed", "system", "born"),
    [
        ("050490-9995", IdentitySystem.CPR, date(1990, 4, 5)),
        (" 050490 9995 ", IdentitySystem.CPR, date(1990, 4, 5)),
        ("650490-9995", IdentitySystem.REPLACEMENT_CPR, date(1990, 4, 5)),
        ("0703921VJ4", IdentitySystem.X_ECPR, date(1992, 3, 7)),
        ("0703927vj5", IdentitySystem.X_ECPR, date(2092, 3, 7)),
        ("1206550VK9", IdentitySystem.D_ECPR, date(1955, 6, 12)),
        ("1206135VK9", IdentitySystem.D_ECPR, date(2013, 6, 12)),
    ],
)
def test_recognises_each_identity_system(typed: str, system: IdentitySystem, born: date) -> None:
    number = parse(typed, date(2100, 1, 1))

    assert isinstance(number, Number)
    assert (number.system, number.birth_date) == (system, born)


@pytest.mark.parametrize(
    ("seventh", "year", "born"),
    [
        ("0", "36", 1936),
        ("3", "99", 1999),
        ("4", "36", 2036),
        ("4", "37", 1937),
        ("5", "57", 2057),
        ("5", "58", 1858),
        ("8", "00", 2000),
        ("9", "36", 2036),
        ("9", "37", 1937),
    ],
)
def test_the_seventh_digit_and_the_year_tell_the_century(seventh: str, year: str, born: int) -> None:
    number = parse(f"0101{year}{seventh}000", date(2100, 1, 1))

    assert isinstance(number, Number)
    assert number.birth_date == date(born, 1, 1)


@pytest.mark.parametrize(
    ("typed", "flaw"),
    [
        ("", IdentifierError.LENGTH),
        ("050490999", IdentifierError.LENGTH),
        ("05049099951", IdentifierError.LENGTH),
        ("3102909995", IdentifierError.DATE),
        ("2902014000", IdentifierError.DATE),
        ("9904909995", IdentifierError.DATE),
        ("6004909995", IdentifierError.DATE),
        ("0013909995", IdentifierError.DATE),
        ("050490999X", IdentifierError.FORM),
        ("0703922VJ4", IdentifierError.FORM),
        ("٠٥٠٤٩٠٩٩٩٥", IdentifierError.FORM),
        ("3102921VJ4", IdentifierError.DATE),
        ("0101364000", IdentifierError.NOT_BORN),
    ],
)
def test_says_what_is_wrong_with_a_number(typed: str, flaw: IdentifierError) -> None:
    assert parse(typed, ON) is flaw


@pytest.mark.parametrize(
    ("system", "value", "scope", "expected"),
    [
        ("cpr", "0504909995", None, IdentitySystem.CPR),
        ("cpr", "6504909995", None, IdentifierError.SYSTEM),
        ("replacement_cpr", "6504909995", None, IdentitySystem.REPLACEMENT_CPR),
        ("d_ecpr", "1206550VK9", "1084", IdentitySystem.D_ECPR),
        ("d_ecpr", "1206550VK9", None, IdentifierError.SCOPE),
        ("passport", "AB 123 456", "UA", IdentitySystem.PASSPORT),
        ("passport", "AB123456", None, IdentifierError.SCOPE),
        ("passport", "?", "UA", IdentifierError.FORM),
        ("none", "", None, IdentitySystem.NONE),
        ("none", "x", None, IdentifierError.FORM),
        ("triage_tag", "0504909995", None, IdentifierError.SYSTEM),
    ],
)
def test_checks_a_number_against_its_system(
    system: str, value: str, scope: str | None, expected: IdentitySystem | IdentifierError
) -> None:
    checked = check(system, value, scope, ON)

    assert (checked.system if isinstance(checked, Number) else checked) is expected


def test_modulus_11_is_only_a_hint() -> None:
    assert looks_mistyped("0504909995")
    assert not looks_mistyped("0101585018")  # of 1858: nobody holds it
    assert isinstance(parse("0504909995", ON), Number)


def test_a_number_shows_nothing_of_itself() -> None:
    assert "0504909995" not in repr(parse("0504909995", ON))


def test_a_child_of_29_february_is_a_year_older_on_1_march() -> None:
    assert age(date(2012, 2, 29), date(2027, 2, 28)) == 14
    assert age(date(2012, 2, 29), date(2027, 3, 1)) == 15
