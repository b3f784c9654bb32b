"""Outcomes of a call to a provider, and of an enquiry."""

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Fault(StrEnum):
    """What went wrong, as a code that may be logged and counted."""

    NO_CONNECTION = "no_connection"
    TIME_LIMIT = "time_limit"
    BROKEN = "broken"  # the connection ended before the answer
    UNREADABLE = "unreadable"  # an answer that does not state the outcome
    RAISED = "raised"  # our own code failed during the call
    SERVER_ERROR = "server_error"
    CONFLICT = "conflict"  # the provider already has the key with other content
    TOLD_TO_WAIT = "told_to_wait"  # 429, or 503 with Retry-After
    NOT_ADMITTED = "not_admitted"  # our certificate, token, agreement or address is refused
    RECIPIENT_BUSY = "recipient_busy"  # this recipient cannot be reached now
    CIRCUIT_OPEN = "circuit_open"  # too many failures in a row; not called
    TOO_FAST = "too_fast"  # our own rate limit; not called
    TOO_LATE = "too_late"  # the last check of the consent is too old; not called
    CANNOT_BE_ASKED = "cannot_be_asked"


_UNFIT: Final = re.compile(r"[^!-~]+")  # all but printable ASCII
_LONGEST_WORD: Final = 64


def word(value: str | None, otherwise: str) -> str:
    """Return a provider's code or id, cleaned for storage and display; `otherwise` if it is empty."""
    return _UNFIT.sub("", (value or "")[: 2 * _LONGEST_WORD])[:_LONGEST_WORD] or otherwise


class GuardReason(StrEnum):
    EXERCISE = "exercise"


@dataclass(frozen=True, slots=True)
class Accepted:
    """The provider accepted the message. A receipt reports the delivery, where the channel has receipts."""

    provider_id: str


@dataclass(frozen=True, slots=True)
class Rejected:
    """Final for this channel. A temporary failure is Unavailable."""

    code: str  # the provider's or ours; never free text


@dataclass(frozen=True, slots=True)
class InDoubt:
    """It may have been sent. Resend only with an idempotent provider, or when a person decides so."""

    why: Fault


@dataclass(frozen=True, slots=True)
class ProviderUnavailable:
    """Certainly not sent; a retry is safe. `retry_after`: seconds, if known."""

    why: Fault
    retry_after: float | None = None


@dataclass(frozen=True, slots=True)
class GuardRefused:
    """Refused by our own gateway. Nothing was sent."""

    why: GuardReason


Outcome = Accepted | Rejected | InDoubt | ProviderUnavailable | GuardRefused


@dataclass(frozen=True, slots=True)
class Absent:
    """The provider has no such message."""


@dataclass(frozen=True, slots=True)
class EnquiryFailed:
    why: Fault


Enquiry = Accepted | Absent | EnquiryFailed

NOT_ASKED: Final = frozenset({Fault.CIRCUIT_OPEN, Fault.TOO_FAST, Fault.TOO_LATE})
_ALIVE: Final = frozenset({Fault.RECIPIENT_BUSY, Fault.CONFLICT})


def provider_failed(outcome: Outcome) -> bool:
    """Return whether the outcome is a failure of the provider, not of one message."""
    match outcome:
        case InDoubt(why) | ProviderUnavailable(why):
            return why not in _ALIVE
        case Accepted() | Rejected() | GuardRefused():
            return False
