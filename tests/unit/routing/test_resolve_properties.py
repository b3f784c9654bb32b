"""Resolving is total and deterministic: whatever is given, one decision, and the same one again."""

from datetime import date

from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.events import personal
from contracts.events.vocabulary import AgeBand, Contactability
from contracts.rules.identity import IdentitySystem
from services.routing.domain.identity_lookup import Answers
from services.routing.domain.outcome import AmbiguousHome, ResolvedHome, UnknownHome, UnknownReason
from services.routing.domain.register_entry import (
    CprStatus,
    Custody,
    CustodyKind,
    GuardianKind,
    Guardianship,
    NotFound,
    Protection,
    RegisterAnswer,
)
from services.routing.domain.resolution import required_look_ups, resolve
from tests.unit.routing.cases import AUTHORITIES, FATHER, GUARDIAN, MOTHER, MUNICIPALITIES, OTHER, PERSON

ACROSS_THE_REFORM = st.dates(date(2007, 1, 1), date(2035, 12, 31)) | st.sampled_from(
    [date(2026, 12, 31), date(2027, 1, 1)]
)
NUMBERS = st.sampled_from([PERSON, MOTHER, FATHER, OTHER, GUARDIAN])
MAYBE_NUMBER = st.none() | NUMBERS
DAYS = st.none() | st.dates(date(1900, 1, 1), date(2040, 1, 1))
MUNICIPALITY = st.none() | st.sampled_from([*MUNICIPALITIES, "0411", "0956", "0010", "1084", "x"])
FLAG = st.none() | st.booleans()

IDENTITIES = st.none() | st.builds(
    personal.Identity,
    st.lists(
        st.builds(
            personal.Identifier,
            st.sampled_from([*IdentitySystem, "tag"]),
            NUMBERS | st.text(max_size=12),
            st.none(),
        ),
        max_size=3,
    ).map(tuple),
    st.none() | st.dates().map(str) | st.text(max_size=10),
)
ADDRESSES = st.lists(
    st.builds(
        personal.Address,
        line=st.none() | st.text(max_size=5),
        postcode=st.none()
        | st.sampled_from(["3760", "8000", "0800", "2640", "3900", "100"])
        | st.text(max_size=8),
        municipality=MUNICIPALITY,
        country=st.sampled_from(["DK", "GL", "FO", "SE", ""]) | st.text(max_size=3),
    ),
    max_size=3,
)
ANSWERS = st.builds(
    RegisterAnswer,
    NUMBERS,
    current_cpr=MAYBE_NUMBER,
    status=st.none() | st.sampled_from(CprStatus),
    birth_date=DAYS,
    municipality=MUNICIPALITY,
    road_code=st.none() | st.integers(0, 9999),
    protection=st.none() | st.builds(Protection, FLAG, DAYS, DAYS),
    custody=st.lists(
        st.builds(Custody, st.sampled_from(CustodyKind), MAYBE_NUMBER, DAYS, DAYS), max_size=3
    ).map(tuple),
    guardianship=st.none()
    | st.builds(Guardianship, st.none() | st.sampled_from(GuardianKind), MAYBE_NUMBER, DAYS, DAYS),
    digital_post=FLAG,
    nemsms=FLAG,
)
REGISTERS = st.dictionaries(NUMBERS, ANSWERS | st.just(NotFound()))
AGE_BANDS = st.sampled_from(AgeBand)


@settings(max_examples=400, deadline=None)
@given(IDENTITIES, ADDRESSES, REGISTERS, ACROSS_THE_REFORM, AGE_BANDS)
def test_every_person_lands_in_exactly_one_outcome_and_always_the_same(
    identity: personal.Identity | None,
    addresses: list[personal.Address],
    answers: Answers,
    on: date,
    age_band: AgeBand,
) -> None:
    decision = resolve(identity, addresses, answers, AUTHORITIES, on, age_band)

    assert decision == resolve(
        identity, addresses, dict(reversed(answers.items())), AUTHORITIES, on, age_band
    )
    match decision:
        case ResolvedHome():
            assert AUTHORITIES.on(decision.municipality, on) is not None
            assert decision.region == AUTHORITIES.region_of(decision.municipality, on)
        case AmbiguousHome():
            assert len(decision.candidates) > 1
            assert list(decision.candidates) == sorted(set(decision.candidates))
        case UnknownHome():
            assert decision.reason in UnknownReason


@settings(max_examples=400, deadline=None)
@given(IDENTITIES, ADDRESSES, REGISTERS, ACROSS_THE_REFORM, AGE_BANDS)
def test_nobody_dead_missing_or_not_asked_about_is_ever_addressed(
    identity: personal.Identity | None,
    addresses: list[personal.Address],
    answers: Answers,
    on: date,
    age_band: AgeBand,
) -> None:
    person = resolve(identity, addresses, answers, AUTHORITIES, on, age_band).person

    addressed = {one.cpr for one in person.recipients.people}
    alive = {
        answer.cpr
        for answer in answers.values()
        if isinstance(answer, RegisterAnswer)
        and answer.status not in {None, CprStatus.DEAD, CprStatus.MISSING}
    }
    assert addressed <= alive
    assert not (person.contactability is Contactability.SUPPRESSED and (addressed or person.letter_allowed))


@settings(max_examples=200, deadline=None)
@given(IDENTITIES, REGISTERS, ACROSS_THE_REFORM, AGE_BANDS)
def test_asking_the_register_comes_to_an_end_and_then_nothing_is_pending(
    identity: personal.Identity | None, register: Answers, on: date, age_band: AgeBand
) -> None:
    answers: dict[str, RegisterAnswer | NotFound] = {}
    while wanted := required_look_ups(identity, answers, on, age_band):
        assert not set(wanted) & set(answers)
        answers |= {cpr: register.get(cpr, NotFound()) for cpr in wanted}

    decision = resolve(identity, [], answers, AUTHORITIES, on, age_band)

    assert decision.reason is not UnknownReason.REGISTER_PENDING
