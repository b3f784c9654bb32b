"""The transition of a message after each outcome, and its pauses."""

from datetime import timedelta

import pytest

from contracts.events.vocabulary import Channel
from services.notify.domain.outcome import (
    Accepted,
    Fault,
    GuardReason,
    GuardRefused,
    InDoubt,
    Outcome,
    ProviderUnavailable,
    Rejected,
)
from services.notify.domain.transition import (
    DeliveryFailed,
    Doubtful,
    FallBack,
    HandedOver,
    Transition,
    TryAgain,
    after_outcome,
)

PAUSE = timedelta(seconds=8)


def after(outcome: Outcome, *, channel: Channel = Channel.SMS, left: int = 1) -> Transition:
    channels = (Channel.EMAIL, Channel.LETTER)[:left]
    return after_outcome(outcome, channel=channel, left=channels, pause=PAUSE, repeatable=False)


@pytest.mark.parametrize(
    ("outcome", "settled"),
    [
        (Accepted("x"), HandedOver("x")),
        (Rejected("no"), FallBack("no", Channel.EMAIL)),
        (InDoubt(Fault.BROKEN), Doubtful("broken")),
        (GuardRefused(GuardReason.EXERCISE), DeliveryFailed("exercise-guard")),
        (ProviderUnavailable(Fault.NO_CONNECTION), TryAgain(PAUSE)),
        (ProviderUnavailable(Fault.TOLD_TO_WAIT, 60), TryAgain(timedelta(seconds=60))),
        (ProviderUnavailable(Fault.CIRCUIT_OPEN, 2.5), TryAgain(timedelta(seconds=2.5))),
    ],
)
def test_each_outcome_has_its_transition(outcome: Outcome, settled: Transition) -> None:
    assert after(outcome) == settled


def test_the_last_channel_fails_for_good() -> None:
    assert after(Rejected("no"), left=0) == DeliveryFailed("no")


def test_an_accepted_email_counts_as_delivered() -> None:
    assert after(Accepted("smtp-250"), channel=Channel.EMAIL) == HandedOver("smtp-250", delivered=True)
