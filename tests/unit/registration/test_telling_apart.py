"""Two who were one: each correction made meanwhile goes to whom it was said of."""

from dataclasses import replace
from typing import Any
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from contracts.events.ids import RegistrationId
from contracts.events.personal import ContactDetails, Identifier, Identity
from contracts.events.vocabulary import AgeBand, Presence, Role
from services.registration.domain.contact_details import possible_channels
from services.registration.domain.correction import changes, overlaid, value_of
from services.registration.domain.correction_origin import Apart, Correction, Sides, apart
from services.registration.domain.duplicate_review import Gained
from services.registration.domain.person import Particulars

ONE, OTHER, THIRD = (RegistrationId(UUID(int=number)) for number in (1, 2, 3))
SIDES = Sides({ONE}, {OTHER})
CPR, NEW_CPR = Identifier("cpr", "0101585018"), Identifier("cpr", "2512489996")
PASSPORT = Identifier("passport", "AB12345", "SE")


def someone(
    name: str, phone: str | None = None, *numbers: Identifier, born: str | None = None
) -> Particulars:
    contact, identity = ContactDetails(name, phone), Identity(numbers, born)
    return Particulars(
        role=Role.VICTIM, presence=Presence.STATED, language="da", interpreter=False,
        age_band=AgeBand.UNKNOWN, channels=possible_channels(contact, identity),
        identity=identity if identity != Identity() else None, contact=contact, note=None,
    )  # fmt: skip


def said(held: Particulars, addressed: RegistrationId | None, **fields: Any) -> Correction:
    """Correct what is held, by the names that the API has for it."""
    contact = {name: value for name, value in fields.items() if name in {"name", "phone"}}
    identity = {name: value for name, value in fields.items() if name in {"identifiers", "birth_date"}}
    other = replace(
        held,
        contact=structs.replace(held.contact, **contact),
        identity=structs.replace(held.identity or Identity(), **identity),
        **{name: value for name, value in fields.items() if name not in contact | identity},
    )
    after = overlaid(held, other, fields)
    return Correction(held, after, frozenset(changes(held, after)), addressed)


def _numbers(person: Particulars) -> tuple[Identifier, ...]:
    return person.identity.identifiers if person.identity else ()


def told(past: list[Correction], other: Particulars, gained: Gained | None = None) -> Apart:
    return apart(past[-1].after, other, past, SIDES, gained or Gained())


def test_what_was_said_of_the_other_goes_to_them_and_the_one_that_stays_has_its_own_again() -> None:
    one, other = someone("Kirsten", "+4520207777"), someone("Kirstine", "+4520207776")
    first = said(one, OTHER, phone="+4520205555", language="uk", role=Role.RELATIVE)

    whose = told([first], other)

    assert whose.own == one
    assert whose.theirs == replace(first.after, contact=ContactDetails("Kirstine", "+4520205555"))


def test_what_was_said_of_each_in_turn_is_each_ones_own_whoever_spoke_last() -> None:
    one, other = someone("Kirsten", "+4520207777"), someone("Kirstine", "+4520207776")
    for order in ((ONE, OTHER), (OTHER, ONE)):
        first = said(one, order[0], phone=f"+452020000{order[0].int}")
        second = said(first.after, order[1], phone=f"+452020000{order[1].int}")

        whose = told([first, second], other)

        assert (whose.own.contact.phone, whose.theirs.contact.phone) == ("+4520200001", "+4520200002")


def test_a_number_taken_over_and_corrected_since_is_the_others_alone_and_so_is_its_birth_date() -> None:
    one, other = someone("Kirsten", None, PASSPORT), someone("Kirstine", None, CPR, born="1858-01-01")
    both = someone("Kirsten", None, PASSPORT, CPR, born="1858-01-01")
    gained = Gained(identifiers=(CPR,), birth_date="1858-01-01")

    whose = told([said(both, OTHER, identifiers=(PASSPORT, NEW_CPR), birth_date="1948-12-25")], other, gained)

    assert whose.own == one
    assert whose.theirs.identity == Identity((NEW_CPR,), "1948-12-25")


def test_a_birth_date_that_went_with_the_number_of_the_one_is_not_taken_from_the_other() -> None:
    one = someone("Kirsten", None, CPR, born="1858-01-01")
    other = someone("Kirstine", None, born="1990-05-04")

    whose = told([said(one, OTHER, identifiers=(PASSPORT,), birth_date=None)], other)

    assert whose.own == one
    assert whose.theirs.identity == Identity((PASSPORT,), "1990-05-04")


def test_what_a_third_said_who_is_apart_again_is_neither_ones() -> None:
    one, other = someone("Kirsten", "+4520207777"), someone("Kirstine")
    first = said(one, OTHER, phone="+4520205555")
    second = said(first.after, THIRD, phone="+4520206666")
    given_back = said(second.after, None, phone="+4520205555")

    whose = told([first, second, given_back], other)

    assert (whose.own.contact.phone, whose.theirs.contact.phone) == ("+4520207777", "+4520205555")


@given(
    st.lists(
        st.tuples(
            st.sampled_from([ONE, OTHER]),
            st.sampled_from(["phone", "name", "language", "identifiers"]),
            st.integers(0, 3),
        ),
        max_size=6,
    )
)
def test_each_holds_the_last_that_was_said_of_them_and_else_what_they_had(
    sayings: list[tuple[RegistrationId, str, int]],
) -> None:
    values: dict[str, list[Any]] = {
        "phone": ["+4520200000", "+4520200001", "+4520200002", None],
        "name": ["Kirsten", "Kirstine", "Kristine", "Kirsti"],
        "language": ["da", "en", "uk", "ar"],
        "identifiers": [(), (CPR,), (PASSPORT,), (CPR, PASSPORT)],
    }
    one, other = someone("Kirsten", "+4520207777"), someone("Kirstine", "+4520207776")
    held, past = one, []
    last: dict[RegistrationId, dict[str, object]] = {ONE: {}, OTHER: {}}
    for whom, name, number in sayings:
        correction = said(held, whom, **{name: values[name][number]})
        if correction.changed:
            past.append(correction)
            last[whom][name] = value_of(correction.after, name)
        held = correction.after

    whose = apart(held, other, past, SIDES, Gained())

    for person, before, whom in ((whose.own, one, ONE), (whose.theirs, other, OTHER)):
        for name in ("phone", "name", "language"):
            assert value_of(person, name) == last[whom].get(name, value_of(before, name))
    assert set(_numbers(whose.own)).isdisjoint(_numbers(whose.theirs))
    assert set(_numbers(held)) <= {*_numbers(whose.own), *_numbers(whose.theirs)}
