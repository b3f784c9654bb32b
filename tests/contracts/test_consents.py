"""However the facts about consents arrive, nobody is contacted whom their order would have left alone."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import reduce
from typing import Any

from hypothesis import given as when
from hypothesis import strategies as st

from contracts.events.ids import AuthorityId
from contracts.events.vocabulary import Channel, WithheldReason
from contracts.rules.consent import (
    NEVER_GIVEN,
    Consent,
    ConsentState,
    apply_consent,
    apply_restatement,
    apply_withdrawal,
    covers,
    refusal,
)
from kit.runtime.ids import new_id
from tests.unit.outreach.cases import AARHUS, NOW, ODENSE


@dataclass(frozen=True)
class Withdrawn:
    at: datetime


@dataclass(frozen=True)
class Restated:
    at: datetime
    consent: Consent | None


Fact = Consent | Withdrawn | Restated
CONSENTS = st.builds(
    Consent,
    st.builds(new_id),
    st.lists(st.sampled_from(Channel), unique=True, max_size=3).map(tuple),
    st.just(NOW),
    st.integers(1, 300).map(lambda days: NOW + timedelta(days=days)),
    st.lists(st.sampled_from([AARHUS, ODENSE]), unique=True).map(tuple),
)


@st.composite
def histories(draw: st.DrawFn) -> list[Fact]:
    """Facts as registration makes them: each later than those before, a restatement of what was given."""
    facts: list[Fact] = []
    for number in range(draw(st.integers(1, 6))):
        at = NOW + timedelta(hours=number)
        consent = draw(CONSENTS)
        earlier = NOW + timedelta(hours=draw(st.integers(-5, number)), minutes=-1)
        kind = draw(st.sampled_from(["given", "withdrawn", "restated", "none"]))
        match kind:
            case "given":
                facts.append(_at(consent, at))
            case "withdrawn":
                facts.append(Withdrawn(at))
            case "restated":
                facts.append(Restated(at, _at(consent, earlier)))
            case _:
                facts.append(Restated(at, None))
    return facts


def _at(consent: Consent, at: datetime) -> Consent:
    return Consent(consent.consent_id, consent.channels, at, consent.expires_at, consent.authorities)


def folded(facts: Sequence[Fact]) -> Any:
    def learn(standing: Any, fact: Fact) -> Any:
        match fact:
            case Consent():
                return apply_consent(standing, fact)
            case Withdrawn(at):
                return apply_withdrawal(standing, at)
            case Restated(at, consent):
                return apply_restatement(standing, consent, at)

    return reduce(learn, facts, NEVER_GIVEN)


def allowed(standing: Any, at: datetime) -> set[tuple[Channel, AuthorityId]]:
    if refusal(standing, at) is not None or standing.consent is None:
        return set()
    return {
        (channel, authority)
        for channel in standing.consent.channels
        for authority in (AARHUS, ODENSE)
        if covers(standing, (authority,))
    }


@when(facts=histories(), dice=st.randoms(use_true_random=False))
def test_no_order_of_arrival_permits_what_the_order_of_the_facts_forbids(
    facts: list[Fact], dice: random.Random
) -> None:
    shuffled = facts + dice.sample(facts, len(facts))
    dice.shuffle(shuffled)
    straight, other = folded(facts), folded(shuffled)

    for days in (1, 30, 150, 299):
        at = NOW + timedelta(days=days)
        assert allowed(other, at) <= allowed(straight, at)


@when(facts=histories(), dice=st.randoms(use_true_random=False))
def test_without_withdrawals_the_order_of_arrival_does_not_matter(
    facts: list[Fact], dice: random.Random
) -> None:
    kept = [fact for fact in facts if not isinstance(fact, Withdrawn)]
    shuffled = kept * 2
    dice.shuffle(shuffled)

    assert folded(shuffled) == folded(kept)


@when(facts=histories())
def test_repeated_events_change_nothing(facts: list[Fact]) -> None:
    twice = [fact for fact in facts for _ in range(2)]

    assert folded(twice) == folded(facts)


@when(facts=histories(), told=st.none() | CONSENTS)
def test_a_restatement_replaces_all_earlier_events(facts: list[Fact], told: Consent | None) -> None:
    at = NOW + timedelta(days=1)

    standing = apply_restatement(folded(facts), told, at)

    withdrawn = any(isinstance(fact, Withdrawn) for fact in facts)  # after the consent, which is of NOW
    holds = told is not None and told.expires_at > at and not withdrawn
    assert standing.consent == told
    assert (refusal(standing, at) is None) is holds


def test_without_consent_after_a_restatement_there_is_no_consent() -> None:
    assert refusal(apply_restatement(NEVER_GIVEN, None, NOW), NOW) is WithheldReason.NO_CONSENT


def test_a_consent_dated_ahead_is_limited_by_the_restatement() -> None:
    ahead = NOW + timedelta(minutes=4)
    wide = Consent(new_id(), (Channel.CALL, Channel.SMS), ahead, NOW + timedelta(days=300))
    narrow = Consent(new_id(), (Channel.SMS,), NOW, NOW + timedelta(days=100), (AARHUS,))

    left = apply_restatement(apply_consent(NEVER_GIVEN, wide), narrow, NOW)

    assert allowed(left, NOW + timedelta(days=1)) == {(Channel.SMS, AARHUS)}
    assert not allowed(left, NOW + timedelta(days=101))
    assert not allowed(apply_restatement(apply_consent(NEVER_GIVEN, wide), None, NOW), ahead)


def test_a_consent_that_names_the_region_covers_the_people_of_the_region() -> None:
    limited = ConsentState(
        Consent(new_id(), (Channel.CALL,), NOW, NOW + timedelta(days=365), (AuthorityId("1082"),))
    )

    assert covers(limited, (AuthorityId("0751"), AuthorityId("1082")))
    assert not covers(limited, (AuthorityId("0751"),))
    assert not covers(limited, ())
