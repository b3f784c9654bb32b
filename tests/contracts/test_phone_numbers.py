"""Telephone numbers are read as people write them, and kept in one form."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.rules.phone import PhoneError, PhoneNumber, parse


@pytest.mark.parametrize(
    "written",
    [
        "20123456", "20 12 34 56", "+45 20123456", "004520123456", "+45 (20) 12-34-56", " 20.12.34.56 ",
        "(+45) 20 12 34 56", "[+45] 20123456", "20\u201012\u201034\u201056", "20\u201312\u201434\u201556",
        "20\u221212\u221234\u221256", "+45\u00a020\u00a012\u202f34\u200956", "\u202a+4520123456\u202c",
        "\ufeff20123456", "20\u200b123456", "20/12/34/56", "\uff0b\uff14\uff15\uff12\uff10123456",
        "\u0662\u0660\u0661\u0662\u0663\u0664\u0665\u0666", "4520123456",
    ],
)  # fmt: skip
def test_a_danish_number_is_one_number_however_it_is_written(written: str) -> None:
    assert parse(written) == PhoneNumber("+4520123456")


@pytest.mark.parametrize("written", ["19 99 99 99", "+45 00 00 00 00", "12345678", "01234567"])
def test_a_number_outside_the_danish_numbering_plan_is_refused(written: str) -> None:
    assert parse(written) is PhoneError.NOT_IN_PLAN


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("+46 70 123 45 67", "+46701234567"), ("0049 30 1234567", "+49301234567"),
        ("(+46) (0)70\u2011123\u00a045 67", "+46701234567"), ("+298 12 34 56", "+298123456"),
        ("+39 06 1234567", "+39061234567"),
    ],
)  # fmt: skip
def test_a_number_of_another_country_is_kept_with_its_code(written: str, kept: str) -> None:
    assert parse(written) == PhoneNumber(kept)


@pytest.mark.parametrize(
    ("written", "flaw"),
    [
        ("070 123 45 67", PhoneError.NOT_DANISH), ("2012345", PhoneError.NOT_DANISH),
        ("20123456 / 30123456", PhoneError.NOT_DANISH), ("46701234567", PhoneError.NOT_DANISH),
        ("+46 70 12", PhoneError.FOREIGN), ("+999 12345678", PhoneError.COUNTRY),
        ("+1 555 0123", PhoneError.FOREIGN), ("+49 1", PhoneError.FOREIGN),
        ("tyve tolv", PhoneError.FORM), ("+", PhoneError.FORM), ("20+123456", PhoneError.FORM),
        ("", PhoneError.FORM),
    ],
)  # fmt: skip
def test_a_number_that_cannot_be_called_is_refused_with_the_reason(written: str, flaw: PhoneError) -> None:
    assert parse(written) is flaw


@given(st.one_of(st.text(max_size=30), st.text("+0123456789 ()-/.\u00a0\u2013", max_size=30)))
def test_any_text_is_a_number_in_one_form_or_an_error(text: str) -> None:
    number = parse(text)

    assert isinstance(number, PhoneError) or parse(number.e164) == number


def test_a_number_is_hidden_in_repr() -> None:
    assert "20123456" not in repr(parse("20123456"))
