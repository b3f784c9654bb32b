"""A reason that is kept readable holds nobody's number, and may hold every other one."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.rules import plain_text
from contracts.rules.identity import IdentitySystem, Number, parse
from contracts.rules.plain_text import holds_a_number, refuse_numbers
from contracts.wire.error_codes import ErrorCode
from contracts.wire.errors import InvalidValueError


@pytest.mark.parametrize(
    "said",
    [
        "gælder 0101585018",
        "se 010158-5018, flyttet",
        "0101585018.",
        "CPR-nr. 010158 5018",
        "010158 - 5018",
        "010158\N{EN DASH}5018",
        "010158\N{NO-BREAK SPACE}5018",
        "\N{FULLWIDTH DIGIT ZERO}101585018",
        "010158  5018",
        "010158\n5018",
        "01 01 58 50 18",
        "01-01-58-5018",
        "01.01.58-5018",
        "01/01/58 5018",
        "0101 5850 18",
        "0 1 0 1 5 8 5 0 1 8",
        "0101-585-018",
        "010158\N{SOFT HYPHEN}5018",
        "010158\N{NON-BREAKING HYPHEN}5018",
        "010158\N{ZERO WIDTH SPACE}5018",
        "cpr0101585018",
        "0101585018og flere",
        "0101585018 2 børn",
        "20.12.2026 10:30: 01.01.58 5018",
        "01 01 58 1 ab 2",
        "010158-1Ab2",
        "D-eCPR 010158 6AB2",
        "erstatning 6101585018",
        "fra CVR 29189846, ring 20123456",
        "ring 20123456",
        "ring 20 12 34 56 i aften",
        "ring 2012 3456",
        "tlf.:+4520123456",
        "+45 20 12 34 56",
        "+380 44 123 45 67",
    ],
)
def test_a_cpr_number_or_a_telephone_number_is_seen_however_it_is_written(said: str) -> None:
    assert holds_a_number(said)


@pytest.mark.parametrize(
    "said",
    [
        "reform 1.1.2027",
        "fra 20-12-2026 10:30 til 20.12.2026 kl. 16.00",
        "perioden 01-01-26 - 31-12-26",
        "linjerne 01 02 03 04 05 06",
        "beløb 1.250.000 og 2.300.000",
        "budget 2026-2027 og 2026 2027",
        "fra 2026-12-20 kl. 10:30",
        "kommunerne 0751, 0760 og 0766",
        "kommunerne 0751 0760 0766 i region 1082 1081",
        "version 12, linje 123456",
        "CVR 29189846",
        "bølge 20123456-7890-4abc-8def-201234567890",
        "399058-5018 er intet nummer",
        "9990585018123",
        "",
    ],
)
def test_numbers_that_belong_to_no_person_are_allowed(said: str) -> None:
    assert refuse_numbers(said) == said


def test_the_refusal_says_what_to_do_and_quotes_nothing() -> None:
    with pytest.raises(InvalidValueError, match="Leave out persons") as refusal:
        refuse_numbers("gælder 0101585018")

    assert refusal.value.error.code is ErrorCode.HOLDS_NUMBERS


@pytest.mark.parametrize("system", [IdentitySystem.CPR, IdentitySystem.X_ECPR, IdentitySystem.D_ECPR])
@given(data=st.data())
def test_every_valid_number_is_detected_in_a_text(system: IdentitySystem, data: st.DataObject) -> None:
    number = {IdentitySystem.CPR: "0101585018", IdentitySystem.X_ECPR: "0101581AB2"}.get(system, "0101586AB2")
    between = st.text(" -\t\n\N{NO-BREAK SPACE}\N{THIN SPACE}", max_size=2)
    written = number[0] + "".join(data.draw(between) + c for c in number[1:])
    assert isinstance(parse(written.lower(), date.max), Number)

    assert holds_a_number(f"gælder {written.lower()}, flyttet")


@given(st.text(alphabet="0123456789٣① .+-/ABab", max_size=24).filter(lambda text: not holds_a_number(text)))
def test_a_text_of_few_digits_has_none_of_the_shapes_of_a_number(text: str) -> None:
    plain = plain_text._plain(text)

    shapes = (plain_text._DANISH_PHONE, plain_text._FOREIGN_PHONE)
    assert not plain_text._holds_a_cpr_number(plain_text._IMPERSONAL.sub(" ", plain))
    assert not any(shape.search(plain_text._IMPERSONAL.sub(" ", plain)) for shape in shapes)
