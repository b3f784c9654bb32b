"""Two trails of one person: the stricter of what they allow, whatever the order in which the facts came."""

import random
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import timedelta
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.events.ids import AuthorityId, ConsentId, RegistrationId
from contracts.events.vocabulary import Channel, ObtainedBy, Purpose
from services.registration.domain.combined_consents import Fact, Merged, fold
from services.registration.domain.consent import ConsentDetails, Consents, Given, Withdrawn, WithdrawnBy
from tests.unit.registration.moments import NOW

CALL, SMS, EMAIL = Channel.CALL, Channel.SMS, Channel.EMAIL
MERGED_AT = 5  # hours after NOW


def contact(
    number: int, *channels: Channel, hours: int = 0, days: int = 365, only: tuple[str, ...] = ()
) -> Given:
    at = NOW + timedelta(hours=hours)
    authorities = tuple(AuthorityId(one) for one in only)
    terms = ConsentDetails(
        Purpose.CONTACT, channels, at, at + timedelta(days=days), "1", "da", ObtainedBy.DIGITAL,
        authorities=authorities,
    )  # fmt: skip
    return Given(ConsentId(UUID(int=number)), terms)


def dated_by_receipt(number: int, *channels: Channel, hours: int) -> Given:
    return replace(contact(number, *channels, hours=hours), dated_by_receipt=True)


def registration(number: int, hours: int = 0) -> Given:
    at = NOW + timedelta(hours=hours)
    terms = ConsentDetails(
        Purpose.REGISTRATION, (), at, at + timedelta(days=365), "1", "da", ObtainedBy.DIGITAL
    )
    return Given(ConsentId(UUID(int=number)), terms)


def withdrawn(hours: int, purpose: Purpose = Purpose.CONTACT) -> Withdrawn:
    return Withdrawn(purpose, NOW + timedelta(hours=hours), WithdrawnBy.CALL)


def merged(trail: Iterable[Fact], hours: int = MERGED_AT, away: int = 1) -> Merged:
    return Merged(NOW + timedelta(hours=hours), RegistrationId(UUID(int=away)), frozenset(trail))


def allowed(state: Consents) -> set[tuple[Channel, int, tuple[str, ...]]]:
    """Give what may be used, until which day, for whom."""
    return {
        (channel, (one.terms.expires_at - NOW).days, one.terms.authorities)
        for one in state.standing
        if one.terms.purpose is Purpose.CONTACT
        for channel in one.terms.channels
    }


@dataclass(frozen=True)
class Case:
    mine: tuple[Fact, ...]
    theirs: tuple[Fact, ...]
    allowed: set[tuple[Channel, int, tuple[str, ...]]]


CASES = {
    "the channels both allow": Case((contact(1, CALL, SMS),), (contact(2, SMS, EMAIL),), {(SMS, 365, ())}),
    "no channel in common is no contact": Case((contact(1, CALL),), (contact(2, SMS),), set()),
    "the earlier expiry": Case((contact(1, CALL),), (contact(2, CALL, days=30),), {(CALL, 30, ())}),
    "a silent trail narrows nothing": Case((contact(1, CALL),), (), {(CALL, 365, ())}),
    "what the other said counts for a silent one": Case((), (contact(2, CALL),), {(CALL, 365, ())}),
    "a trail of the other purpose alone refuses": Case((contact(1, CALL),), (registration(2),), set()),
    "a withdrawal in the other ends this": Case((contact(1, CALL),), (contact(2, CALL), withdrawn(1)), set()),
    "a withdrawal is an entry, and refuses": Case((contact(1, CALL, hours=2),), (withdrawn(1),), set()),
    "the authorities both allow": Case(
        (contact(1, CALL, only=("0101", "0751")),), (contact(2, CALL, only=("0751",)),),
        {(CALL, 365, ("0751",))}),
    "none named is whoever is responsible": Case(
        (contact(1, CALL),), (contact(2, CALL, only=("0751",)),), {(CALL, 365, ("0751",))}),
    "no authority in common is no contact": Case(
        (contact(1, CALL, only=("0101",)),), (contact(2, CALL, only=("0751",)),), set()),
    "one form against two keeps both ways": Case(
        (contact(1, CALL, SMS),), (contact(2, CALL, days=30), contact(3, SMS)),
        {(CALL, 30, ()), (SMS, 365, ())}),
    "each way stays with its own authority": Case(
        (contact(1, CALL, SMS),), (contact(2, CALL, only=("0751",)), contact(3, SMS, only=("0101",))),
        {(CALL, 365, ("0751",)), (SMS, 365, ("0101",))}),
    "what is given after the merge counts in full": Case(
        (contact(1, CALL),), (contact(2, SMS), contact(3, EMAIL, hours=6)), {(EMAIL, 365, ())}),
    "a withdrawal after the merge ends, whichever was named": Case(
        (contact(1, CALL), contact(4, SMS, hours=6)), (contact(2, CALL), withdrawn(7)), set()),
    "a consent after the withdrawal opens again": Case(
        (contact(1, CALL), contact(4, SMS, hours=8)), (contact(2, CALL), withdrawn(7)), {(SMS, 365, ())}),
    "one that only its receipt dates opens nothing again": Case(
        (contact(1, CALL), dated_by_receipt(4, SMS, hours=8)), (contact(2, CALL), withdrawn(1)), set()),
    "one that only its receipt dates counts where nothing is withdrawn": Case(
        (contact(1, CALL), dated_by_receipt(4, SMS, hours=8)), (contact(2, CALL),),
        {(CALL, 365, ()), (SMS, 365, ())}),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_of_two_trails_the_stricter_holds_whichever_of_them_stays(case: Case) -> None:
    assert allowed(fold([*case.mine, merged(case.theirs)])) == case.allowed
    assert allowed(fold([*case.theirs, merged(case.mine)])) == case.allowed


def test_each_part_of_a_combined_consent_has_its_own_id() -> None:
    state = fold([contact(9, CALL, SMS), merged([contact(2, CALL, days=30), contact(3, SMS)])])

    assert len({one.consent_id for one in state.standing}) == len(state.standing) == 2


def test_a_person_whose_trails_agree_on_nothing_after_a_withdrawal_counts_as_withdrawn() -> None:
    assert fold([contact(1, CALL), merged([contact(2, CALL), withdrawn(1)])]).withdrawn


GIVENS = st.one_of(
    st.builds(
        lambda number, channels, hours, days, only: contact(
            number, *channels, hours=hours, days=days, only=only
        ),
        st.integers(1, 99),
        st.sampled_from([(CALL,), (CALL, SMS), (SMS, EMAIL)]),
        st.integers(0, 9),
        st.sampled_from([30, 365]),
        st.sampled_from([(), ("0101",), ("0101", "0751")]),
    ),
    st.builds(registration, st.integers(101, 199), st.integers(0, 9)),
)
TRAILS = st.lists(
    st.one_of(GIVENS, st.builds(withdrawn, st.integers(0, 9), st.sampled_from(Purpose))),
    max_size=4,
    unique_by=lambda entry: entry.consent_id if isinstance(entry, Given) else id(entry),
)
HOURS = st.integers(1, 8)
NESTED = st.tuples(TRAILS, st.lists(st.builds(merged, TRAILS, HOURS, st.integers(10, 19)), max_size=1)).map(
    lambda parts: [*parts[0], *parts[1]]
)
FACTS = st.tuples(TRAILS, st.lists(st.builds(merged, NESTED, HOURS, st.integers(1, 9)), max_size=3)).map(
    lambda parts: [*parts[0], *parts[1]]
)


@settings(max_examples=200)
@given(FACTS, st.randoms())
def test_neither_the_order_nor_the_repetition_of_the_facts_changes_the_state(
    facts: list[Fact], dice: random.Random
) -> None:
    told_twice = [*facts, *dice.sample(facts, len(facts) // 2)]

    assert fold(dice.sample(told_twice, len(told_twice))) == fold(facts)


@settings(max_examples=200)
@given(TRAILS, TRAILS)
def test_a_merge_never_allows_what_a_trail_that_speaks_does_not(mine: list[Fact], theirs: list[Fact]) -> None:
    after_all = 99  # the merge comes after everything
    for trail in (mine, theirs):
        if not trail:
            continue
        wider = {(c, who) for c, _, only in allowed(fold(trail)) for who in only or ("any",)}
        for channel, _, only in allowed(fold([*mine, merged(theirs, hours=after_all)])):
            assert all((channel, "any") in wider or (channel, who) in wider for who in only or ("any",))
