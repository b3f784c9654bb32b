"""What was said about a person is fit to register, or every flaw is told at once and none quotes a value."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.events.personal import Address
from contracts.events.vocabulary import AgeBand, Channel, ObtainedBy, Purpose, RegistrationPlace, Role
from services.registration.domain.consent import ConsentInput
from services.registration.domain.identifiers import IdentifierInput
from services.registration.domain.person import NewPerson, PersonInput, admits, check
from tests.unit.registration.moments import NOW

CPR = "2512489996"  # published: HL7 Denmark, dk-core
PAPER = ConsentInput(
    Purpose.REGISTRATION, (), "2026-1", "da", ObtainedBy.PAPER_FORM, NOW, form_number="SK-1", by="Hanne"
)
PERSON = PersonInput(
    name="Ida Ibsen",
    role=Role.VICTIM,
    place=RegistrationPlace.EPC,
    registered_at=NOW,
    registered_by="Hanne",
    phone="20123456",
    consents=(PAPER,),
)


def fit(said: PersonInput) -> NewPerson:
    checked = check(said, NOW)
    assert isinstance(checked, NewPerson), checked
    return checked


def flawed(said: PersonInput) -> set[str]:
    checked = check(said, NOW)
    assert not isinstance(checked, NewPerson)
    return {flaw.field for flaw in checked}


def test_what_the_details_allow_is_what_a_person_can_be_reached_by() -> None:
    person = fit(
        replace(
            PERSON,
            identifiers=(IdentifierInput(None, "251248-9996"),),
            email="ida@example.org",
            addresses=(Address("Testgade 1", "8000", "Aarhus"),),
        )
    )

    assert set(person.channels) == set(Channel)
    assert set(fit(PERSON).channels) == {Channel.CALL, Channel.SMS}


def test_the_birth_date_of_a_cpr_number_decides_the_age_and_may_not_be_contradicted() -> None:
    numbered = replace(PERSON, identifiers=(IdentifierInput(None, CPR),), age_band=AgeBand.UNDER_15)

    assert fit(numbered).age_band is AgeBand.ADULT
    assert "age_band" in {hint.field for hint in fit(numbered).hints}
    assert "age_band" not in {hint.field for hint in fit(replace(numbered, age_band=AgeBand.ADULT)).hints}
    assert flawed(replace(numbered, birth_date=date(1980, 1, 1))) == {"birth_date"}


def test_a_child_consents_by_a_guardian_until_the_day_they_are_fifteen() -> None:
    turning = replace(PERSON, birth_date=date(2011, 11, 25))
    day_before = replace(turning, birth_date=date(2011, 11, 26))

    assert fit(turning).age_band is AgeBand.FROM_15
    assert flawed(replace(day_before, consents=(PAPER, PAPER))) == {"consents.0.guardian"}, "told once"
    assert fit(replace(day_before, consents=(replace(PAPER, guardian="Bo Ibsen"),))).consents


def test_the_number_of_the_guardian_who_consented_to_contact_goes_with_the_child() -> None:
    contact = replace(PAPER, purpose=Purpose.CONTACT, channels=(Channel.CALL,), guardian="Bo Ibsen")
    child = replace(PERSON, birth_date=date(2015, 5, 5))
    numbered = replace(contact, guardian_cpr="251248-9996")
    later = replace(contact, at=NOW + timedelta(minutes=1))

    assert fit(replace(child, consents=(numbered,))).contact.guardian_cpr == CPR
    assert fit(replace(child, consents=(contact,))).contact.guardian_cpr is None
    assert fit(replace(child, consents=(numbered, later))).contact.guardian_cpr == CPR, "the same guardian"
    other = replace(later, guardian="Ea Ibsen")
    assert fit(replace(child, consents=(numbered, other))).contact.guardian_cpr is None


def test_a_guardians_number_that_fails_modulus_11_is_a_hint_once() -> None:
    child = replace(PERSON, birth_date=date(2015, 5, 5))
    doubtful = replace(PAPER, guardian="Bo Ibsen", guardian_cpr="050490-9995")
    valid = replace(doubtful, guardian_cpr="010158-5018")

    found = fit(replace(child, consents=(doubtful, doubtful)))

    assert [(hint.field, hint.code) for hint in found.hints] == [("consents.0.guardian_cpr", "id_mistyped")]
    assert fit(replace(child, consents=(valid,))).hints == ()


@pytest.mark.parametrize(
    ("number", "field"),
    [
        ("251248", "consents.0.guardian_cpr"),
        ("310248-9996", "consents.0.guardian_cpr"),
        ("851248-9996", "consents.0.guardian_cpr"),
        ("050515-4999", "consents.0.guardian_cpr"),
    ],
    ids=["too short", "no date", "a replacement number", "a child's"],
)
def test_a_guardian_is_named_by_the_cpr_number_of_somebody_of_15_or_more(number: str, field: str) -> None:
    child = replace(PERSON, birth_date=date(2015, 5, 5))

    assert flawed(replace(child, consents=(replace(PAPER, guardian="Bo Ibsen", guardian_cpr=number),))) == {
        field
    }


def test_a_guardians_number_without_the_guardians_name_is_not_enough() -> None:
    numbered = replace(PAPER, guardian_cpr=CPR)

    assert flawed(replace(PERSON, consents=(numbered,))) == {"consents.0.guardian"}
    child = replace(PERSON, birth_date=date(2015, 5, 5), consents=(numbered,))
    checked = check(child, NOW)
    assert isinstance(checked, list)
    assert [flaw.field for flaw in checked] == ["consents.0.guardian"], "told once"


@pytest.mark.parametrize(
    ("born", "fits"),
    [("0001-01-01", False), ("1849-12-31", False), ("1850-01-01", True), ("2126-01-01", False)],
)
def test_a_birth_date_is_of_somebody_who_can_live_now(born: str, fits: bool) -> None:  # noqa: FBT001
    said = replace(PERSON, birth_date=date.fromisoformat(born))

    assert isinstance(check(said, NOW), NewPerson) is fits


def test_all_errors_are_reported_at_once() -> None:
    said = replace(
        PERSON,
        name=" ",
        phone="070 123 45 67",
        email="ida",
        language="dansk",
        consents=(replace(PAPER, by=None),),
    )

    assert flawed(said) == {"name", "phone", "email", "language", "consents.0.by"}


def test_a_number_and_an_address_are_read_however_they_came() -> None:
    person = fit(
        replace(PERSON, phone="\u202d(+45)\u00a020\u201312\u201334\u201356", email="\ufeffida@BLÅBÆR.dk")
    )

    assert (person.contact.phone, person.contact.email) == ("+4520123456", "ida@blåbær.dk")
    assert fit(replace(PERSON, phone="\u200b")).contact.phone is None, "a cell that only looks empty"


INVISIBLE = st.text(
    st.sampled_from("\u200b\u200e\u200f\u202a\u202e\u2066\u2069\ufeff\u00ad\0\x07\x7f"), max_size=3
)


@given(INVISIBLE)
def test_what_nobody_sees_changes_nothing_that_is_kept(unseen: str) -> None:
    def strewn(text: str) -> str:
        return unseen + text[:2] + unseen + text[2:] + unseen

    address = Address("Testgade 1", "8000", "Aarhus", "0751")
    plain = replace(
        PERSON, identifiers=(IdentifierInput(None, CPR),), email="ida@example.dk", addresses=(address,)
    )
    said = replace(
        plain,
        name=strewn(PERSON.name),
        registered_by=strewn("Hanne"),
        phone=strewn("20123456"),
        email=strewn("ida@example.dk"),
        language=strewn("da"),
        identifiers=(IdentifierInput(None, strewn(CPR)),),
        addresses=(Address(*map(strewn, ("Testgade 1", "8000", "Aarhus", "0751")), strewn("DK")),),
        consents=(replace(PAPER, wording=strewn("2026-1"), form_number=strewn("SK-1"), by=strewn("Hanne")),),
    )

    assert fit(said) == fit(plain)


def test_a_name_keeps_its_joiners_and_loses_marks_and_line_ends() -> None:
    persian = "\u0639\u0644\u06cc\u200c\u0631\u0636\u0627"  # Alireza

    assert fit(replace(PERSON, name=f"\u202b{persian}\u202c")).contact.name == persian
    assert fit(replace(PERSON, name="Ida\r\nIbsen\t")).contact.name == "Ida Ibsen"
    assert flawed(replace(PERSON, name="\u200b\u202e\0")) == {"name"}


@pytest.mark.parametrize("dash", ["-", "\u2010", "\u2011", "\u2013", "\u2212", " ", "\u00a0", "\u200b-"])
def test_a_number_is_one_number_with_any_dash(dash: str) -> None:
    assert (
        fit(replace(PERSON, identifiers=(IdentifierInput(None, f"251248{dash}9996"),))).identity
        == fit(replace(PERSON, identifiers=(IdentifierInput(None, CPR),))).identity
    )


def test_what_no_network_and_no_mail_server_can_carry_is_refused_at_once() -> None:
    assert flawed(replace(PERSON, phone="19 99 99 99", email="søren@example.dk")) == {"phone", "email"}
    assert flawed(replace(PERSON, phone="+1 555 0123", email="ida@exa_mple.dk")) == {"phone", "email"}


def test_a_tablet_slightly_ahead_is_believed_and_one_far_ahead_is_not() -> None:
    ahead = replace(PERSON, registered_at=NOW + timedelta(minutes=3))

    assert fit(ahead).registered_at == NOW
    assert "registered_at" in flawed(replace(PERSON, registered_at=NOW + timedelta(minutes=6)))


def test_closing_leaves_the_late_ways_in_open() -> None:
    closed_at = NOW - timedelta(hours=1)

    late = {place for place in RegistrationPlace if admits(place, NOW, closed_at)}
    before = {place for place in RegistrationPlace if admits(place, NOW - timedelta(hours=2), closed_at)}

    assert late == {RegistrationPlace.HOTLINE, RegistrationPlace.PAPER}
    assert before == set(RegistrationPlace)


TEXT = st.text(max_size=30)
MAYBE = st.none() | TEXT
MOMENTS = st.datetimes(datetime(1900, 1, 2), datetime(2200, 12, 30), timezones=st.just(UTC))  # noqa: DTZ001 - given a zone
SAID = st.builds(
    PersonInput,
    name=TEXT,
    role=st.sampled_from(Role),
    place=st.sampled_from(RegistrationPlace),
    registered_at=MOMENTS,
    registered_by=TEXT,
    language=TEXT,
    identifiers=st.lists(st.builds(IdentifierInput, st.none(), TEXT, MAYBE), max_size=2).map(tuple),
    birth_date=st.none() | st.dates(),
    phone=MAYBE,
    email=MAYBE,
    addresses=st.lists(st.builds(Address, MAYBE, MAYBE, MAYBE, MAYBE, TEXT), max_size=2).map(tuple),
    note=MAYBE,
    consents=st.lists(
        st.builds(
            ConsentInput, st.sampled_from(Purpose), st.just((Channel.CALL,)), MAYBE, MAYBE,
            st.none() | st.sampled_from(ObtainedBy), st.none() | MOMENTS, st.none() | MOMENTS, MAYBE,
        ),
        max_size=2,
    ).map(tuple),
)  # fmt: skip


@given(SAID)
def test_any_input_gives_a_person_or_errors_and_never_an_exception(said: PersonInput) -> None:
    checked = check(said, NOW)

    assert isinstance(checked, NewPerson) or checked


@given(st.from_regex(r"[0-9]{6}-?[0-9]{4}", fullmatch=True))
def test_no_flaw_quotes_the_number_it_is_about(number: str) -> None:
    checked = check(replace(PERSON, identifiers=(IdentifierInput(None, number),), phone=number), NOW)

    assert number not in repr(checked)


def test_a_persons_number_is_not_taken_where_it_would_be_kept_in_clear() -> None:
    """As it comes about where the columns of a file are displaced, or somebody reads the wrong line."""
    displaced = replace(
        PERSON,
        registered_by=f"{CPR[:6]}-{CPR[6:]}",
        consents=(replace(PAPER, form_number=CPR), replace(PAPER, wording=f" {CPR}")),
    )

    assert flawed(displaced) == {"registered_by", "consents.0.form_number", "consents.1.wording"}


@pytest.mark.parametrize("written", ["Hanne, 01 01 58 50 18", "0101-58-5018 (Hanne)", "Hanne 01.01.58-5018"])
def test_a_number_among_other_words_is_not_kept_in_clear_either(written: str) -> None:
    assert flawed(replace(PERSON, registered_by=written)) == {"registered_by"}

    fit(replace(PERSON, consents=(replace(PAPER, form_number="9912310000"),)))
