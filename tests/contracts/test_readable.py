"""A reason that is kept readable holds nobody's number, and may hold every other one."""

import pytest

from contracts.readable import NUMBERS_LEFT_OUT, holds_a_number, readable


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
def test_what_is_nobodys_number_may_be_written(said: str) -> None:
    assert readable(said) == said


def test_the_refusal_says_what_to_do_and_quotes_nothing() -> None:
    with pytest.raises(ValueError, match="leave out persons") as refusal:
        readable("gælder 0101585018")

    assert str(refusal.value) == NUMBERS_LEFT_OUT
