"""How alike two people are: the same whichever is named first, and whatever the habits of writing."""

import random
import string
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.events.personal import Address
from services.registration.domain.name import words_of
from services.registration.domain.similarity import (
    Reason,
    Street,
    Traits,
    compare,
    street_of,
    worth_proposing,
)

BORN = date(1971, 4, 12)
WORDS = st.lists(st.text(string.ascii_lowercase + "æøåéü", min_size=1, max_size=9), min_size=1, max_size=4)
NAMES = st.one_of(WORDS.map(" ".join), st.text(max_size=12))
TRAITS = st.builds(
    Traits,
    words=NAMES.map(words_of),
    phone=st.sampled_from([None, "+4520123456", "+4520123457"]),
    born=st.one_of(st.none(), st.dates(date(1970, 1, 1), date(1971, 3, 1))),
    cprs=st.frozensets(st.sampled_from(["0101585018", "2512489996"]), max_size=2),
)


def named(name: str, **others: object) -> Traits:
    return Traits(words_of(name), **others)  # type: ignore[arg-type]


@given(TRAITS, TRAITS)
def test_the_similarity_is_symmetric_and_between_zero_and_one(one: Traits, other: Traits) -> None:
    found = compare(one, other)

    assert found == compare(other, one)
    assert worth_proposing(one, other) == worth_proposing(other, one)
    assert 0.0 <= found.score <= 1.0


@given(WORDS, st.randoms())
def test_word_order_and_letter_habits_do_not_hide_a_name(words: list[str], dice: random.Random) -> None:
    habits = str.maketrans({"æ": "ae", "ø": "oe", "å": "aa", "é": "e", "ü": "u"})
    other = " ".join(dice.sample(words, len(words))).translate(habits).upper()

    assert compare(named(" ".join(words)), named(other)).reasons == (Reason.SAME_NAME,)


ALIKE = {
    "one letter other": ("Kirsten Holm", "Kirstem Holm"),
    "one letter missing": ("Kirsten Holm", "Kirsten Hom"),
    "two letters changed places": ("Kirsten Holm", "Kirtsen Holm"),
    "a middle name left out": ("Kirsten Bay Holm", "Holm, Kirsten"),
    "a middle name left out and a typo": ("Kirsten Bay Holm", "Kirsten Hoolm"),
}
SAME = {
    "ø written o or oe": ("Jørn Bo Østby", "Jorn Bo Oestby"),
    "the apostrophe of another keyboard": ("Siobhán O'Brien", "Siobhan O\u2019Brien"),
    "a letter that stands for an apostrophe": ("Siobhán O\u02bcBrien", "Siobhan O`Brien"),
    "no apostrophe": ("Siobhan O'Brien", "Siobhan OBrien"),
    "eth and thorn": ("Guðrún Þórsdóttir", "Gudrun Thorsdottir"),
    "ß": ("Jürgen Groß", "Jurgen Gross"),
    "æ in capitals": ("ÆRTESEN, ÅSE", "Aase Aertesen"),
    "letters of another alphabet": ("ბერიძე", "Beridze"),
    "a joiner that nobody sees": ("Ali\u200creza", "Alireza"),
    "a mark that nobody sees": ("Kirsten\u200e Ho\u00adlm", "Kirsten Holm"),
}
NOT_ALIKE = {
    "two letters other": ("Kirsten Holm", "Kristin Holm"),
    "a first name alone": ("Kirsten", "Kirsten Holm"),
    "another first name": ("Kirsten Holm", "Anna Holm"),
    "a short word other": ("Bo Holm", "Ib Holm"),
}


@pytest.mark.parametrize(("one", "other"), ALIKE.values(), ids=ALIKE)
def test_such_names_are_alike(one: str, other: str) -> None:
    assert Reason.ALIKE_NAME in compare(named(one), named(other)).reasons


@pytest.mark.parametrize(("one", "other"), SAME.values(), ids=SAME)
def test_such_names_are_the_same(one: str, other: str) -> None:
    assert Reason.SAME_NAME in compare(named(one), named(other)).reasons


@pytest.mark.parametrize(("one", "other"), NOT_ALIKE.values(), ids=NOT_ALIKE)
def test_such_names_are_not(one: str, other: str) -> None:
    assert Reason.OTHER_NAME in compare(named(one), named(other)).reasons


@pytest.mark.parametrize("born", [date(1971, 4, 13), date(1971, 4, 21), date(1917, 4, 12), date(1971, 12, 4)])
def test_an_alike_name_is_proposed_with_a_birth_date_of_one_typo(born: date) -> None:
    pair = named("Kirsten Holm", born=BORN), named("Kirsten Holm", born=born)

    assert worth_proposing(*pair)
    assert Reason.ALIKE_BIRTH_DATE in compare(*pair).reasons


def test_neither_a_name_nor_a_birth_date_alone_is_proposed() -> None:
    pairs = [
        (named("Kirsten Holm"), named("Kirsten Holm")),
        (named("Kirsten Holm", born=BORN), named("Anna Bay", born=BORN)),
        (named("Kirsten Holm", born=BORN), named("Kirsten Holm", born=date(1980, 9, 30))),
    ]

    assert not any(worth_proposing(one, other) for one, other in pairs)


def test_a_family_with_one_telephone_is_shown_as_unlikely_with_what_speaks_against_it() -> None:
    mother = named("Kirsten Holm", phone="+4520123456", born=BORN, cprs=frozenset({"0101585018"}))
    son = named("Anders Holm", phone="+4520123456", born=date(1999, 8, 30), cprs=frozenset({"2512489996"}))

    found = compare(mother, son)

    assert worth_proposing(mother, son)
    assert {Reason.OTHER_CPR, Reason.OTHER_NAME, Reason.OTHER_BIRTH_DATE} < set(found.reasons)
    assert found.score < compare(mother, named("Kirsten Holm", phone="+4520123456")).score / 4


def living(*lines: str, postcode: str | None = "8000") -> frozenset[Street]:
    found = [street_of(Address(line=line, postcode=postcode)) for line in lines]
    return frozenset(one for one in found if one is not None)


@pytest.mark.parametrize("line", ["Nørregade 12, 2. th", "NØRREGADE 12", "Nørregade", "Noerregade  12 st."])
def test_one_name_at_one_street_is_proposed_without_a_birth_date(line: str) -> None:
    pair = (
        named("Kirsten Holm", streets=living("Nørregade 12", "Vestergade 1")),
        named("Kirsten Holm", streets=living(line)),
    )

    assert Reason.SAME_ADDRESS in compare(*pair).reasons
    assert worth_proposing(*pair)


@pytest.mark.parametrize(
    ("line", "postcode"), [("Nørregade 14", "8000"), ("Nørregade 12 B", "8000"), ("Nørregade 12", "9000")]
)
def test_another_address_counts_against_a_pair(line: str, postcode: str) -> None:
    own = living("Nørregade 12")
    found = compare(
        named("Kirsten Holm", born=BORN, streets=own),
        named("Kirsten Holm", born=BORN, streets=living(line, postcode=postcode)),
    )

    assert Reason.OTHER_ADDRESS in found.reasons
    assert found.score < compare(named("Kirsten Holm", born=BORN), named("Kirsten Holm", born=BORN)).score


def test_where_an_address_is_not_known_it_speaks_neither_for_nor_against() -> None:
    found = compare(named("Kirsten Holm", streets=living("Nørregade 12")), named("Kirsten Holm"))

    assert set(found.reasons) == {Reason.SAME_NAME}
