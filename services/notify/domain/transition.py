"""What becomes of a message after its call, its enquiry or its receipt."""

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
    Rejected,
    Unavailable,
)

EXERCISE_GUARD: Final = "exercise-guard"
_FIRST_PAUSE, _LONGEST_PAUSE = 1.0, 300.0  # seconds


class MessageState(StrEnum):
    WAITING = "waiting"
    SENDING = "sending"  # claimed on a lease, its attempt written
    IN_DOUBT = "in_doubt"
    HANDED_OVER = "handed_over"
    DELIVERED = "delivered"
    FAILED = "failed"
    WITHHELD = "withheld"


ENDS: Final = frozenset({MessageState.DELIVERED, MessageState.FAILED, MessageState.WITHHELD})


@dataclass(frozen=True, slots=True)
class HandedOver:
    """`delivered`: the channel has no receipts, and the provider's word is the last we hear."""

    provider_id: str
    delivered: bool = False


@dataclass(frozen=True, slots=True)
class Delivered:
    """What was handed over before has arrived."""


@dataclass(frozen=True, slots=True)
class Doubtful:
    why: str


@dataclass(frozen=True, slots=True)
class TryAgain:
    """The same attempt under the same key."""

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
    outcome: Outcome, *, channel: Channel, left: tuple[Channel, ...], tries: int, repeatable: bool
) -> Transition:
    """`left`: the channels after this one. `repeatable`: the provider promises one effect for one key.

    An e-mail is delivered when the recipient's side has taken it: the 250 after DATA takes responsibility for
    delivering it or telling of the failure (RFC 5321, 4.2.5 and 6.1), and no receipt follows.
    """
    match outcome:
        case Accepted(provider_id):
            return HandedOver(provider_id, delivered=channel is Channel.EMAIL)
        case Rejected(code):
            return after_rejection(code, left)
        case InDoubt(why):
            return TryAgain(pause(tries)) if repeatable else Doubtful(why)
        case Unavailable(why, retry_after):
            wait = timedelta(seconds=retry_after or 0)
            return TryAgain(wait if why in NOT_ASKED else max(pause(tries), wait))
        case GuardRefused():
            return DeliveryFailed(EXERCISE_GUARD)


def after_rejection(code: str, left: tuple[Channel, ...]) -> FallBack | DeliveryFailed:
    return FallBack(code, left[0]) if left else DeliveryFailed(code)


def pause(tries: int) -> timedelta:
    """Give how long to wait after that many tries."""
    return timedelta(seconds=min(_FIRST_PAUSE * 2 ** min(tries, 16), _LONGEST_PAUSE))
