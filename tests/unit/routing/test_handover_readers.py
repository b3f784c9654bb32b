"""Whether a registration may be passed on: the same answer in whatever order the facts are told."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import reduce
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from contracts.events.ids import ConsentId
from services.routing.domain.disclosure import ConsentLedger, MergeState, RegistrationConsent, Restriction

START = datetime(2026, 12, 1, 12, tzinfo=UTC)
Told = Callable[[ConsentLedger], ConsentLedger]


def at(hour: int) -> datetime:
    return START + timedelta(hours=hour)


def consent(hour: int) -> RegistrationConsent:
    return RegistrationConsent(ConsentId(UUID(int=100 + hour)), at(hour), at(hour + 24 * 365))


@st.composite
def facts(draw: st.DrawFn) -> list[Told]:
    """Consents, withdrawals and restatements; a restatement states only what was given before it."""
    told: list[Told] = []
    for hour in draw(st.lists(st.integers(0, 40), min_size=1, max_size=8, unique=True)):
        match draw(st.sampled_from(("given", "withdrawn", "restated"))):
            case "given":
                told.append(lambda ledger, hour=hour: ledger.given(consent(hour)))
            case "withdrawn":
                told.append(lambda ledger, hour=hour: ledger.withdrawn(at(hour)))
            case _:
                stated = draw(st.none() | st.integers(-5, hour).map(consent))
                told.append(lambda ledger, hour=hour, stated=stated: ledger.restated(at(hour), stated))
    return told


@given(facts(), st.randoms(use_true_random=False))
def test_the_consent_that_stands_is_the_same_in_any_order_and_told_twice(
    told: list[Told], dice: object
) -> None:
    shuffled = [*told, *told]
    dice.shuffle(shuffled)  # type: ignore[attr-defined]

    in_order = reduce(lambda ledger, tell: tell(ledger), told, ConsentLedger())
    in_disorder = reduce(lambda ledger, tell: tell(ledger), shuffled, ConsentLedger())

    assert in_disorder.standing() == in_order.standing()


@given(st.integers(0, 40), st.integers(0, 40))
def test_a_withdrawal_closes_every_consent_given_up_to_it_also_a_restated_one(
    given_: int, after: int
) -> None:
    ledger = ConsentLedger().withdrawn(at(given_ + after))

    for told in (ledger.given(consent(given_)), ledger.restated(at(given_ + 50), consent(given_))):
        assert told.standing() is None


def test_a_restatement_without_a_consent_ends_what_stood() -> None:
    assert ConsentLedger().given(consent(1)).restated(at(2), None).standing() is None
    assert ConsentLedger().restated(at(2), None).given(consent(3)).standing() == consent(3)


def test_a_bar_holds_until_lifted_and_a_merge_until_undone() -> None:
    other = UUID(int=7)

    assert Restriction().set(at(1)).in_force()
    assert not Restriction().lifted(at(2)).set(at(1)).in_force()
    assert Restriction().set(at(1)).lifted(at(2)).set(at(3)).in_force()
    assert MergeState().undone(at(1)).merged(other, at(2)).stands() == other
    assert MergeState().undone(at(3)).merged(other, at(2)).stands() is None
