"""Receipts of a message. They may arrive hours later, twice, or in the wrong order."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final
from uuid import UUID


class ReceiptStatus(StrEnum):
    PROGRESS = "progress"  # an interim step; it shows only that the provider has the message
    RECEIVED = "received"
    DELIVERED = "delivered"
    FAILED = "failed"
    RETURNED = "returned"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class Receipt:
    """One receipt. Equal receipts are repeats. `key`: the idempotency key of the attempt."""

    key: UUID
    status: ReceiptStatus
    handling: str  # the provider's code or UUID for the status
    at: datetime
    code: str | None = None  # the provider's code of the failure
    sender: str = field(default="", compare=False)  # limits the unmatched receipts per sender


_YEARS: Final = range(2000, 2100)
_LONGEST: Final = 64


def flaw(receipt: Receipt) -> str | None:
    """Return why a receipt cannot be stored; None if it can. The text must not quote the receipt."""
    if receipt.at.year not in _YEARS:
        return "its time is outside this century"
    for value in (receipt.handling, receipt.code or ""):
        if len(value) > _LONGEST:
            return f"a code or status is longer than {_LONGEST} characters"
        if not value.isprintable():
            return "a code or status has control characters"
    return None


class AttemptState(StrEnum):
    STARTED = "started"  # written before the call
    UNSENT = "unsent"  # certainly not sent; the next call repeats the attempt under the same key
    WITHHELD = "withheld"  # refused by the last check
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
    """Return the state after a receipt. A final state stays. Any receipt resolves a doubt."""
    return current if current in FINAL else _BECOMES[receipt.status]


def contradicts(current: AttemptState, receipt: Receipt) -> bool:
    """Return whether a receipt reports another final state than the recorded one."""
    reported = _BECOMES[receipt.status]
    return current in FINAL and reported in FINAL and reported is not current
