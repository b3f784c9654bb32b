"""Invented people are the same for the same seed, all different, and have no real numbers."""

from datetime import date

from contracts.rules.identity import IdentitySystem, Number, parse
from deploy.local.people import invent

TODAY = date(2026, 11, 24)


def test_the_same_seed_gives_the_same_people() -> None:
    assert list(invent(100, seed=7)) == list(invent(100, seed=7))
    assert list(invent(100, seed=7)) != list(invent(100, seed=8))


def test_no_two_have_the_same_number_phone_or_mail() -> None:
    people = list(invent(5000))

    assert len({person.cpr for person in people}) == 5000
    for values in ([p.phone for p in people if p.phone], [p.email for p in people if p.email]):
        assert len(set(values)) == len(values)


def test_every_number_has_the_form_of_a_cpr_number_that_nobody_can_hold() -> None:
    for person in invent(5000):
        number = parse(person.cpr, TODAY)

        assert isinstance(number, Number)
        assert number.system is IdentitySystem.CPR
        assert number.birth_date == person.birth_date
        assert person.birth_date.year in {1858, 1859}


def test_they_live_all_over_the_country() -> None:
    assert len({person.municipality for person in invent(5000)}) == 99  # with Christiansø
