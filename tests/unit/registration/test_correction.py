"""A correction names what is other than before, and what is said as it is held is none."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from contracts.events.personal import Address, ContactDetails
from contracts.events.vocabulary import AgeBand, Channel, PreferredTime, Presence, Role
from contracts.rules.invisible_characters import visible
from services.registration.domain.correction import changes, input_with_changes
from services.registration.domain.identifiers import IdentifierInput
from services.registration.domain.person import NewPerson, PersonInput, check
from tests.unit.registration.moments import NOW
from tests.unit.registration.test_person_check import CPR, PERSON, fit

BOUNDED = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20)
HELD = st.builds(
    PersonInput,
    name=BOUNDED.filter(visible),
    role=st.sampled_from(Role),
    place=st.just(PERSON.place),
    registered_at=st.just(NOW),
    registered_by=st.just("Hanne"),
    presence=st.sampled_from(Presence),
    language=st.sampled_from(["da", "uk", "ar"]),
    interpreter=st.booleans(),
    identifiers=st.sampled_from([(), (IdentifierInput(None, CPR),), (IdentifierInput(None, "8512489995"),)]),
    birth_date=st.none() | st.just(date(1948, 12, 25)),
    age_band=st.none() | st.sampled_from(AgeBand),
    phone=st.sampled_from([None, "20123456", "+46701234567"]),
    email=st.sampled_from([None, " ida@example.dk "]),
    addresses=st.lists(st.builds(Address, st.none() | BOUNDED, st.none() | BOUNDED), max_size=2).map(tuple),
    preferred_time=st.none() | st.sampled_from(PreferredTime),
    preferred_channel=st.none() | st.sampled_from(Channel),
    note=st.none() | BOUNDED,
    circumstances=st.none() | BOUNDED,
    concerns=st.none() | BOUNDED,
)


def corrected(held: NewPerson, **changed: Any) -> NewPerson:
    return fit(input_with_changes(held, changed, by="Hanne", now=NOW))


@given(HELD)
def test_repeating_the_stored_values_changes_nothing(said: PersonInput) -> None:
    held = fit(said)

    assert changes(held, corrected(held)) == ()


@given(HELD, HELD)
def test_whatever_is_other_than_before_is_named_and_the_way_back_names_the_same(
    one: PersonInput, other: PersonInput
) -> None:
    before, after = fit(one), fit(other)

    named = changes(before, after)

    assert named == changes(after, before)
    for held in ("role", "contact", "note", "circumstances", "channels", "preferred_channel", "age_band"):
        assert named or getattr(before, held) == getattr(after, held)


def test_a_new_cpr_number_takes_the_old_ones_birth_date_with_it() -> None:
    held = fit(replace(PERSON, identifiers=(IdentifierInput(None, CPR),)))

    after = corrected(held, identifiers=(IdentifierInput(None, "0104909989"),))

    assert changes(held, after) == ("identifiers", "birth_date")
    assert after.identity is not None
    assert after.identity.birth_date == "1990-04-01"


def test_a_birth_date_that_was_said_is_not_given_up_for_a_number_that_contradicts_it() -> None:
    held = fit(replace(PERSON, birth_date=date(1980, 1, 1)))

    checked = check(
        input_with_changes(held, {"identifiers": (IdentifierInput(None, CPR),)}, by="Hanne", now=NOW), NOW
    )

    assert not isinstance(checked, NewPerson)
    assert [flaw.field for flaw in checked] == ["birth_date"]


def test_a_number_and_an_address_that_stay_are_not_measured_by_the_rules_of_today() -> None:
    before = ContactDetails("Ida Ibsen", phone="+4519999999", email="søren@example.dk")
    held = replace(fit(PERSON), contact=before)

    after = corrected(held, name="Ida Holm")
    renewed = check(input_with_changes(held, {"phone": "19999998"}, by="Hanne", now=NOW), NOW)

    assert after.contact == ContactDetails("Ida Holm", "+4519999999", "søren@example.dk")
    assert not isinstance(renewed, NewPerson), "a new number must be one"
    assert [flaw.field for flaw in renewed] == ["phone"]


def test_a_child_that_has_turned_fifteen_is_no_child_any_more_when_corrected() -> None:
    held = fit(replace(PERSON, birth_date=date(2011, 11, 26), consents=()))
    later = NOW + timedelta(days=7)

    after = check(input_with_changes(held, {"phone": "30123456"}, by="Hanne", now=later), later)

    assert isinstance(after, NewPerson)
    assert (held.age_band, after.age_band) == (AgeBand.UNDER_15, AgeBand.FROM_15)
    assert changes(held, after) == ("age_band", "phone")
