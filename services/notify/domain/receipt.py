"""What a provider tells of a message afterwards: hours later, twice, or in the wrong order."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final
from uuid import UUID


class ReceiptStatus(StrEnum):
    PROGRESS = "progress"  # between the other steps; of no consequence but that the provider has it
    RECEIVED = "received"
    DELIVERED = "delivered"
    FAILED = "failed"
    RETURNED = "returned"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class Receipt:
    """Equal receipts are one and the same, told again. `key` is the attempt's idempotency key."""

    key: UUID
    status: ReceiptStatus
    handling: str  # the provider's own word or UUID for the status
    at: datetime
    code: str | None = None  # why it failed, as the provider codes it
    sender: str = field(default="", compare=False)  # who told it: bounds what is kept unmatched


_YEARS: Final = range(2000, 2100)
_LONGEST: Final = 64


def flaw(receipt: Receipt) -> str | None:
    """Return what of a receipt cannot be kept; None for a good one. Never quotes it."""
    if receipt.at.year not in _YEARS:
        return "its time is not of this century"
    for told in (receipt.handling, receipt.code or ""):
        if len(told) > _LONGEST:
            return f"a code or status is longer than {_LONGEST} signs"
        if not told.isprintable():
            return "a code or status has control characters"
    return None


class AttemptState(StrEnum):
    STARTED = "started"  # written before the call
    UNSENT = "unsent"  # certainly not sent: the next call is the same attempt, under the same key
    WITHHELD = "withheld"  # the last look said no
    IN_DOUBT = "in_doubt"
    HANDED_OVER = "handed_over"
    DELIVERED = "delivered"
    FAILED = "failed"
    RETURNED = "returned"
    CANCELLED = "cancelled"


FINAL: Final = frozenset(
    {AttemptState.DELIVERED, AttemptState.FAILED, AttemptState.RETURNED, AttemptState.CANCELLED}
)
_BECOMES: Final = {
    ReceiptStatus.PROGRESS: AttemptState.HANDED_OVER,
    ReceiptStatus.RECEIVED: AttemptState.HANDED_OVER,
    ReceiptStatus.DELIVERED: AttemptState.DELIVERED,
    ReceiptStatus.FAILED: AttemptState.FAILED,
    ReceiptStatus.RETURNED: AttemptState.RETURNED,
    ReceiptStatus.CANCELLED: AttemptState.CANCELLED,
}


def next_state(current: AttemptState, receipt: Receipt) -> AttemptState:
    """Let a final state stay. Any receipt settles a doubt: the provider has the message."""
    return current if current in FINAL else _BECOMES[receipt.status]


def contradicts(current: AttemptState, receipt: Receipt) -> bool:
    """Whether a receipt says another end than the one that stands: for a person to see."""
    told = _BECOMES[receipt.status]
    return current in FINAL and told in FINAL and told is not current
