"""Telephone numbers are read as people write them, and kept in one form."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.registration.domain.phone import PhoneFlaw, read


@pytest.mark.parametrize(
    "written",
    ["20123456", "20 12 34 56", "+45 20123456", "004520123456", "+45 (20) 12-34-56", " 20.12.34.56 "],
)
def test_a_danish_number_is_one_number_however_it_is_written(written: str) -> None:
    assert read(written) == "+4520123456"


def test_a_danish_number_of_a_series_nobody_knows_yet_is_kept() -> None:
    assert read("19 99 99 99") == "+4519999999"


@pytest.mark.parametrize(
    ("written", "kept"), [("+46 70 123 45 67", "+46701234567"), ("0049 30 1234567", "+49301234567")]
)
def test_a_number_of_another_country_is_kept_with_its_code(written: str, kept: str) -> None:
    assert read(written) == kept


@pytest.mark.parametrize(
    ("written", "flaw"),
    [
        ("070 123 45 67", PhoneFlaw.NOT_DANISH), ("2012345", PhoneFlaw.NOT_DANISH),
        ("+46 70 12", PhoneFlaw.FOREIGN), ("+999 12345678", PhoneFlaw.COUNTRY),
        ("tyve tolv", PhoneFlaw.FORM), ("+", PhoneFlaw.FORM),
    ],
)  # fmt: skip
def test_what_cannot_be_called_is_told(written: str, flaw: PhoneFlaw) -> None:
    assert read(written) is flaw


@given(st.one_of(st.text(max_size=30), st.text("+0123456789 ()-/.", max_size=30)))
def test_any_text_is_a_number_in_one_form_or_a_flaw(text: str) -> None:
    number = read(text)

    assert isinstance(number, PhoneFlaw) or read(number) == number
