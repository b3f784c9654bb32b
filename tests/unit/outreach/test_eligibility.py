"""Nobody is contacted without both consents, against the register, or by a refused channel."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from contracts.events.ids import AuthorityId
from contracts.events.vocabulary import AgeBand, Channel, Contactability, StepKind, WithheldReason
from contracts.rules.consent import Consent, ConsentState
from services.outreach.domain.eligibility import (
    ChosenChannels,
    Excluded,
    Ineligible,
    Planned,
    ProjectedPerson,
    choose_channels,
    decide,
)
from services.outreach.plans.files import from_text, load
from tests.unit.outreach.cases import NOW

PLAN = from_text(load()["exercise"])
CHANNELS = st.lists(st.sampled_from(Channel), unique=True).map(tuple)
HOURS = st.integers(-400 * 24, 400 * 24).map(lambda hours: NOW + timedelta(hours=hours))


STATES = st.builds(
    ConsentState,
    st.none()
    | st.builds(Consent, CHANNELS, HOURS.map(lambda at: at + timedelta(days=200)), st.just(()), HOURS),
    st.none() | HOURS,
)


PEOPLE = st.builds(
    ProjectedPerson,
    registration=STATES,
    contact=STATES,
    possible=CHANNELS,
    age_band=st.sampled_from(AgeBand),
    municipality=st.none() | st.just(AuthorityId("0751")),
    contactability=st.sampled_from(Contactability),
    digital_post=st.none() | st.booleans(),
    letter_allowed=st.booleans(),
    recipient_known=st.booleans(),
    forgotten=st.booleans(),
)


def stands(standing: ConsentState) -> bool:
    return standing.consent is not None and standing.consent.expires_at > NOW


@given(PEOPLE, st.sampled_from(StepKind), CHANNELS)
def test_a_chosen_channel_is_possible_consented_to_and_allowed(
    person: ProjectedPerson, kind: StepKind, order: tuple[Channel, ...]
) -> None:
    choice = choose_channels(person, kind, order, NOW)

    if isinstance(choice, Ineligible):
        return
    assert stands(person.registration)
    assert stands(person.contact)
    assert person.contact.consent is not None
    assert set(choice.channels) <= set(person.possible) & set(person.contact.consent.channels) & set(order)
    assert not person.forgotten
    assert person.contactability is Contactability.OPEN
    assert person.municipality is not None
    assert Channel.LETTER not in choice.channels or person.letter_allowed
    assert Channel.DIGITAL_POST not in choice.channels or person.digital_post is not False
    if person.age_band is AgeBand.UNDER_15:
        assert person.recipient_known
        assert kind is StepKind.CALL or set(choice.channels) == {Channel.DIGITAL_POST}


@given(PEOPLE)
def test_everybody_is_planned_or_excluded_with_a_reason(person: ProjectedPerson) -> None:
    decision = decide(person, PLAN, NOW)

    match decision:
        case Planned(_, steps):
            assert len(steps) == len(PLAN.steps)
            assert any(isinstance(step, ChosenChannels) for step in steps)
        case Excluded(_, reason):
            assert isinstance(reason, WithheldReason)
