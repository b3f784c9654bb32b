"""Decide the effect of a receipt on its attempt and message."""

from dataclasses import dataclass
from typing import Final

from contracts.events.vocabulary import Channel
from services.notify.domain.receipt import AttemptState, Receipt, contradicts, next_state
from services.notify.domain.transition import (
    ENDS,
    Delivered,
    DeliveryFailed,
    FallBack,
    HandedOver,
    MessageState,
    after_rejection,
)

_NOT_TAKEN: Final = frozenset(
    {AttemptState.STARTED, AttemptState.UNSENT, AttemptState.IN_DOUBT, AttemptState.WITHHELD}
)


@dataclass(frozen=True, slots=True)
class ReceiptEffect:
    attempt: AttemptState
    contradicts: bool
    message: HandedOver | Delivered | FallBack | DeliveryFailed | None  # None: no change


def apply_receipt(
    message: MessageState,
    attempt: AttemptState,
    receipt: Receipt,
    *,
    current: bool,
    left: tuple[Channel, ...],
) -> ReceiptEffect:
    """Return the effect of a receipt. `current`: it is of the last attempt.

    For an earlier attempt only a delivery counts. A receipt that contradicts the recorded final state changes
    nothing; it is kept for people to see.
    """
    after = next_state(attempt, receipt)
    against = contradicts(attempt, receipt) or (message in ENDS and _says_other(message, after))
    if against:
        return ReceiptEffect(attempt, contradicts=True, message=None)
    if after is attempt or message in ENDS:
        return ReceiptEffect(after, contradicts=False, message=None)
    effect = _effect(attempt, after, receipt, current=current, left=left)
    return ReceiptEffect(after, contradicts=False, message=effect)


def _effect(
    before: AttemptState, after: AttemptState, receipt: Receipt, *, current: bool, left: tuple[Channel, ...]
) -> HandedOver | Delivered | FallBack | DeliveryFailed | None:
    if after is AttemptState.DELIVERED:
        return HandedOver("", delivered=True) if before in _NOT_TAKEN else Delivered()
    if not current:
        return None
    if after is AttemptState.HANDED_OVER:
        return HandedOver("")
    return after_rejection(receipt.code or receipt.status, left)


def _says_other(message: MessageState, after: AttemptState) -> bool:
    return after is AttemptState.DELIVERED and message is not MessageState.DELIVERED
