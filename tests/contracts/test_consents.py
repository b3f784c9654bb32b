"""Whichever events arrive, a reader that keeps the newest state knows what registration knows."""

import random
from collections.abc import Sequence
from datetime import datetime, timedelta

from hypothesis import given as when
from hypothesis import strategies as st

from contracts.events.ids import AuthorityId, ConsentId, IncidentId, RegistrationId
from contracts.events.registration import ConsentFact, PersonForgotten, PersonState, Restriction
from contracts.events.vocabulary import (
    AgeBand,
    BarReason,
    Channel,
    Purpose,
    RegistrationPlace,
    Role,
    WithheldReason,
)
from contracts.rules.consent import (
    Consent,
    ConsentState,
    consents_of,
    covers,
    newest_states,
    refusal,
    refusal_by_channel,
    restriction_of,
)
from kit.runtime.ids import new_id
from tests.unit.outreach.cases import AARHUS, NOW

INCIDENT, PERSON = IncidentId(new_id()), RegistrationId(new_id())
YEAR = timedelta(days=365)


def consent(purpose: Purpose, given_at: datetime = NOW, *channels: Channel) -> ConsentFact:
    return ConsentFact(
        consent_id=ConsentId(new_id()),
        purpose=purpose,
        channels=channels,
        given_at=given_at,
        expires_at=given_at + YEAR,
    )


def state(**known: object) -> PersonState:
    person = {
        "role": Role.WITNESS,
        "place": RegistrationPlace.EPC,
        "registered_at": NOW,
        "language": "da",
        "age_band": AgeBand.ADULT,
        "channels": (),
    }
    return PersonState.model_validate(person | known)


def event(revision: int, person: PersonState) -> PersonForgotten:
    return PersonForgotten(
        incident_id=INCIDENT,
        exercise=True,
        registration_id=PERSON,
        person=person,
        revision=revision,
        forgotten_at=NOW,
    )


@when(
    consents=st.lists(st.sampled_from([(), (consent(Purpose.CONTACT),)]), min_size=1),
    dice=st.randoms(use_true_random=False),
)
def test_in_any_order_with_repeats_and_losses_the_last_state_counts(
    consents: Sequence[tuple[ConsentFact, ...]], dice: random.Random
) -> None:
    told = [event(number, state(consents=each)) for number, each in enumerate(consents, 1)]
    arrived = [*dice.sample(told, dice.randrange(len(told))), *dice.sample(told, len(told)), told[-1]]
    dice.shuffle(arrived)

    assert newest_states(arrived) == newest_states(told[-1:]) == [told[-1]]


def test_of_several_consents_the_last_given_counts() -> None:
    later = NOW + timedelta(days=1)
    first, second = consent(Purpose.CONTACT, NOW, Channel.SMS), consent(Purpose.CONTACT, later, Channel.CALL)

    registration, contact = consents_of(state(consents=(first, second)))

    assert registration == ConsentState()
    assert contact == ConsentState(Consent((Channel.CALL,), later + YEAR, (), later))


def test_each_reason_against_contact_is_told_apart() -> None:
    both = (consent(Purpose.REGISTRATION), consent(Purpose.CONTACT, NOW, Channel.SMS))

    def why(person: PersonState, channel: Channel = Channel.SMS, at: datetime = NOW) -> WithheldReason | None:
        return refusal_by_channel(consents_of(person), channel, (AARHUS,), at)

    assert why(state(consents=both)) is None
    assert why(state(consents=both), Channel.CALL) is WithheldReason.CHANNEL_NOT_CONSENTED
    assert why(state(consents=both), at=NOW + YEAR) is WithheldReason.CONSENT_EXPIRED
    assert why(state()) is WithheldReason.NO_CONSENT
    assert why(state(withdrawn={Purpose.REGISTRATION: NOW})) is WithheldReason.CONSENT_WITHDRAWN
    given_again = state(consents=both, withdrawn={Purpose.CONTACT: NOW - YEAR})
    assert why(given_again) is None


def test_a_restriction_holds_until_it_is_lifted_and_precedes_the_wish_for_no_contact() -> None:
    wish = Restriction(reason=BarReason.DO_NOT_CONTACT, since=NOW)
    lifted = Restriction(reason=BarReason.RESTRICTED, since=NOW, lifted_at=NOW + timedelta(days=1))
    restricted = Restriction(reason=BarReason.RESTRICTED, since=NOW)

    assert restriction_of(state()) is None
    assert restriction_of(state(restrictions=(wish, lifted))) is BarReason.DO_NOT_CONTACT
    assert restriction_of(state(restrictions=(wish, restricted))) is BarReason.RESTRICTED


def test_a_consent_that_names_the_region_covers_the_people_of_the_region() -> None:
    limited = ConsentState(Consent((Channel.CALL,), NOW + YEAR, (AuthorityId("1082"),)))

    assert refusal(limited, NOW) is None
    assert covers(limited, (AuthorityId("0751"), AuthorityId("1082")))
    assert not covers(limited, (AuthorityId("0751"),))
    assert not covers(limited, ())
