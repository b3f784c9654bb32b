"""What came of handing a message to a provider, and of asking a provider about one."""

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Fault(StrEnum):
    """What went wrong, in a word that may be logged and counted."""

    NO_CONNECTION = "no_connection"
    TIME_LIMIT = "time_limit"
    BROKEN = "broken"  # the connection ended before the answer
    UNREADABLE = "unreadable"  # an answer, but not one that says what happened
    RAISED = "raised"  # our own code failed during the call
    SERVER_ERROR = "server_error"
    CONFLICT = "conflict"  # the provider has the key already, and something else with it
    TOLD_TO_WAIT = "told_to_wait"  # 429, or 503 with Retry-After
    NOT_ADMITTED = "not_admitted"  # our certificate, token, agreement or address: not the person's fault
    RECIPIENT_BUSY = "recipient_busy"  # this one cannot be reached now; others can
    CIRCUIT_OPEN = "circuit_open"  # too many failures in a row: not asked at all
    TOO_FAST = "too_fast"  # our own rate limit: not asked at all
    TOO_LATE = "too_late"  # the last look at the consent is too long ago: not asked at all
    CANNOT_BE_ASKED = "cannot_be_asked"


_UNFIT: Final = re.compile(r"[^!-~]+")  # what is no printable ASCII
_LONGEST_WORD: Final = 64


def word(told: str | None, otherwise: str) -> str:
    """Return a provider's own code or id as it can be stored and shown; `otherwise` where there is none."""
    return _UNFIT.sub("", (told or "")[: 2 * _LONGEST_WORD])[:_LONGEST_WORD] or otherwise


class GuardReason(StrEnum):
    EXERCISE = "exercise"


@dataclass(frozen=True, slots=True)
class Accepted:
    """The provider has it. Whether it arrives is told by a receipt, where the channel has them."""

    provider_id: str


@dataclass(frozen=True, slots=True)
class Rejected:
    """Final for this channel. What is temporary is Unavailable."""

    code: str  # the provider's own, or ours; never free text


@dataclass(frozen=True, slots=True)
class InDoubt:
    """It may have been sent, or not: never sent again without a promise or a person."""

    why: Fault


@dataclass(frozen=True, slots=True)
class Unavailable:
    """Certainly not sent: safe to try again. `retry_after` in seconds, where it is known."""

    why: Fault
    retry_after: float | None = None


@dataclass(frozen=True, slots=True)
class GuardRefused:
    """Our own no, at the last edge. No byte left."""

    why: GuardReason


Outcome = Accepted | Rejected | InDoubt | Unavailable | GuardRefused


@dataclass(frozen=True, slots=True)
class Absent:
    """The provider says that it has no such message."""


@dataclass(frozen=True, slots=True)
class EnquiryFailed:
    why: Fault


Enquiry = Accepted | Absent | EnquiryFailed

NOT_ASKED: Final = frozenset({Fault.CIRCUIT_OPEN, Fault.TOO_FAST, Fault.TOO_LATE})
_ALIVE: Final = frozenset({Fault.RECIPIENT_BUSY, Fault.CONFLICT})


def provider_failed(outcome: Outcome) -> bool:
    """Whether it speaks against the provider as a whole, rather than about one message."""
    match outcome:
        case InDoubt(why) | Unavailable(why):
            return why not in _ALIVE
        case Accepted() | Rejected() | GuardRefused():
            return False
