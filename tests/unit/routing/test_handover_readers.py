"""Whether a registration may be passed on: the same answer in whatever order the facts are told."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import reduce
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from contracts.events.ids import ConsentId
from services.routing.domain.disclosure import (
    ConsentLedger,
    MergeState,
    RegistrationConsent,
    RestrictionTimes,
)

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
                told.append(lambda ledger, hour=hour: ledger.with_given(consent(hour)))
            case "withdrawn":
                told.append(lambda ledger, hour=hour: ledger.with_withdrawal(at(hour)))
            case _:
                stated = draw(st.none() | st.integers(-5, hour).map(consent))
                told.append(
                    lambda ledger, hour=hour, stated=stated: ledger.with_restatement(at(hour), stated)
                )
    return told


@given(facts(), st.randoms(use_true_random=False))
def test_the_consent_that_stands_is_the_same_in_any_order_and_told_twice(
    told: list[Told], dice: object
) -> None:
    shuffled = [*told, *told]
    dice.shuffle(shuffled)  # type: ignore[attr-defined]

    in_order = reduce(lambda ledger, tell: tell(ledger), told, ConsentLedger())
    in_disorder = reduce(lambda ledger, tell: tell(ledger), shuffled, ConsentLedger())

    assert in_disorder.unwithdrawn_consent() == in_order.unwithdrawn_consent()


@given(st.integers(0, 40), st.integers(0, 40))
def test_a_withdrawal_closes_every_consent_given_up_to_it_also_a_restated_one(
    given_: int, after: int
) -> None:
    ledger = ConsentLedger().with_withdrawal(at(given_ + after))

    for told in (
        ledger.with_given(consent(given_)),
        ledger.with_restatement(at(given_ + 50), consent(given_)),
    ):
        assert told.unwithdrawn_consent() is None


def test_a_restatement_without_a_consent_ends_what_stood() -> None:
    assert ConsentLedger().with_given(consent(1)).with_restatement(at(2), None).unwithdrawn_consent() is None
    assert ConsentLedger().with_restatement(at(2), None).with_given(
        consent(3)
    ).unwithdrawn_consent() == consent(3)


def test_a_bar_holds_until_lifted_and_a_merge_until_undone() -> None:
    other = UUID(int=7)

    assert RestrictionTimes().with_start(at(1)).in_force()
    assert not RestrictionTimes().with_end(at(2)).with_start(at(1)).in_force()
    assert RestrictionTimes().with_start(at(1)).with_end(at(2)).with_start(at(3)).in_force()
    assert MergeState().with_unmerge(at(1)).with_merge(other, at(2)).active_target() == other
    assert MergeState().with_unmerge(at(3)).with_merge(other, at(2)).active_target() is None
