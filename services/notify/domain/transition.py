"""Decide the next state of a message after a call, an enquiry or a receipt."""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Final

from contracts.events.vocabulary import Channel, WithheldReason
from services.notify.domain.outcome import (
    NOT_ASKED,
    Accepted,
    GuardRefused,
    InDoubt,
    Outcome,
    ProviderUnavailable,
    Rejected,
)

EXERCISE_GUARD: Final = "exercise-guard"


class MessageState(StrEnum):
    WAITING = "waiting"
    SENDING = "sending"  # claimed on a lease, with a written attempt
    IN_DOUBT = "in_doubt"
    HANDED_OVER = "handed_over"
    DELIVERED = "delivered"
    FAILED = "failed"
    WITHHELD = "withheld"


ENDS: Final = frozenset({MessageState.DELIVERED, MessageState.FAILED, MessageState.WITHHELD})


@dataclass(frozen=True, slots=True)
class HandedOver:
    """`delivered`: the channel has no receipts, so the provider's answer is final."""

    provider_id: str
    delivered: bool = False


@dataclass(frozen=True, slots=True)
class Delivered:
    """A message that was handed over before has arrived."""


@dataclass(frozen=True, slots=True)
class Doubtful:
    why: str


@dataclass(frozen=True, slots=True)
class TryAgain:
    """Repeat the attempt under the same key."""

    after: timedelta


@dataclass(frozen=True, slots=True)
class FallBack:
    code: str
    to: Channel


@dataclass(frozen=True, slots=True)
class DeliveryFailed:
    code: str


@dataclass(frozen=True, slots=True)
class Withheld:
    reason: WithheldReason


Transition = HandedOver | Delivered | Doubtful | TryAgain | FallBack | DeliveryFailed | Withheld


def after_outcome(
    outcome: Outcome, *, channel: Channel, left: tuple[Channel, ...], pause: timedelta, repeatable: bool
) -> Transition:
    """Decide after a call. `left`: the channels after this one. `repeatable`: one effect per key.

    An e-mail counts as delivered when the server has accepted it. With the 250 after DATA the server takes
    responsibility to deliver it or to report a failure (RFC 5321, 4.2.5 and 6.1). No receipt follows.
    """
    match outcome:
        case Accepted(provider_id):
            return HandedOver(provider_id, delivered=channel is Channel.EMAIL)
        case Rejected(code):
            return after_rejection(code, left)
        case InDoubt(why):
            return TryAgain(pause) if repeatable else Doubtful(why)
        case ProviderUnavailable(why, retry_after):
            wait = timedelta(seconds=retry_after or 0)
            return TryAgain(wait if why in NOT_ASKED else max(pause, wait))
        case GuardRefused():
            return DeliveryFailed(EXERCISE_GUARD)


def after_rejection(code: str, left: tuple[Channel, ...]) -> FallBack | DeliveryFailed:
    return FallBack(code, left[0]) if left else DeliveryFailed(code)
