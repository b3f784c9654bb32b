"""The state of the consents is a fold over the ledger, whatever the order in which its facts came."""

import random
from datetime import timedelta
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from contracts.events.ids import ConsentId
from contracts.events.vocabulary import Channel, ObtainedBy, Purpose
from services.registration.domain.consent import (
    ConsentDetails,
    ConsentFacts,
    ConsentStatus,
    Entry,
    Given,
    Withdrawn,
    WithdrawnBy,
    consent_status,
    fold,
)
from tests.unit.registration.moments import NOW

HOURS = st.integers(0, 6).map(lambda hours: NOW + timedelta(hours=hours))


def consent(number: int, purpose: Purpose, hours: int) -> Given:
    at = NOW + timedelta(hours=hours)
    terms = ConsentDetails(
        purpose, (Channel.CALL,), at, at + timedelta(days=365), "1", "da", ObtainedBy.DIGITAL
    )
    return Given(ConsentId(UUID(int=number)), terms)


ENTRIES = st.lists(
    st.one_of(
        st.builds(consent, st.integers(1, 99), st.sampled_from(Purpose), st.integers(0, 6)),
        st.builds(Withdrawn, st.sampled_from(Purpose), HOURS, st.just(WithdrawnBy.CALL)),
    ),
    max_size=8,
    unique_by=lambda entry: entry.consent_id if isinstance(entry, Given) else id(entry),
)


@given(ENTRIES, st.randoms())
def test_the_order_of_arrival_does_not_matter(ledger: list[Entry], dice: random.Random) -> None:
    shuffled = dice.sample(ledger, len(ledger))

    assert fold(shuffled) == fold(ledger)


@given(ENTRIES, st.sampled_from(Purpose), HOURS)
def test_after_a_withdrawal_only_later_consents_are_valid(
    ledger: list[Entry], purpose: Purpose, at: object
) -> None:
    state = fold([*ledger, Withdrawn(purpose, at, WithdrawnBy.SMS)])  # type: ignore[arg-type]

    of_purpose = [given.terms.at for given in state.standing if given.terms.purpose is purpose]
    assert all(moment > at for moment in of_purpose)  # type: ignore[operator]


MAYBE = st.sampled_from([None, True, False])


@given(st.builds(ConsentFacts, st.booleans(), st.booleans(), MAYBE, MAYBE))
def test_everybody_is_in_a_bucket_and_only_two_valid_consents_open_the_way(holding: ConsentFacts) -> None:
    found = consent_status(holding)

    open_way = holding == ConsentFacts(forgotten=False, withdrawn=False, registration=True, contact=True)
    assert (found is ConsentStatus.WITH_CONTACT_CONSENT) is open_way
