"""Decide what follows from the outcome of a call."""

from dataclasses import dataclass
from datetime import datetime
from enum import Enum, StrEnum
from typing import Final

from contracts.events.vocabulary import CallOutcome, WithheldReason
from contracts.wire.error_codes import ErrorCode
from services.outreach.domain.contact import ContactState
from services.outreach.domain.window import Window, next_day


@dataclass(frozen=True, slots=True)
class Conclude:
    pass


@dataclass(frozen=True, slots=True)
class CallAgain:
    due_at: datetime


class Unchanged(StrEnum):
    """Why a report is kept but does not change the state of its call."""

    CLAIM_LOST = "claim-lost"  # the call was released, or claimed by someone else
    SET_ASIDE = "set-aside"  # off the list until another call to the person ends
    WITHHELD = "withheld"
    CONCLUDED = "concluded"


class FollowUpReason(StrEnum):
    """Why somebody must follow up on a call."""

    WANTS_HELP = "wants_help"
    WRONG_NUMBER = "wrong_number"
    KEPT = "kept"  # a report whose call had changed meanwhile; nobody has read it yet


def follow_up_reason(outcome: CallOutcome | None, unchanged: Unchanged | None) -> FollowUpReason | None:
    match outcome:
        case CallOutcome.WANTS_HELP:
            return FollowUpReason.WANTS_HELP
        case CallOutcome.WRONG_NUMBER:
            return FollowUpReason.WRONG_NUMBER
        case _:
            return FollowUpReason.KEPT if unchanged is not None else None


class OutcomeFlaw(Enum):
    CALL_BACK_MISSING = ErrorCode.CALL_BACK_MISSING
    CALL_BACK_NOT_WANTED = ErrorCode.CALL_BACK_NOT_WANTED
    CALL_BACK_PAST = ErrorCode.CALL_BACK_PAST
    CALL_BACK_TOO_LATE = ErrorCode.CALL_BACK_TOO_LATE


WITHDRAWALS: Final = {
    CallOutcome.WITHDRAWS_CONSENT: WithheldReason.CONSENT_WITHDRAWN,
    CallOutcome.DO_NOT_CONTACT: WithheldReason.DO_NOT_CONTACT,
}
"""Outcomes that end all contact. They count in every state of the call."""

_CONCLUDING: Final = frozenset(CallOutcome) - {CallOutcome.CALL_BACK, CallOutcome.NO_ANSWER}


@dataclass(frozen=True, slots=True)
class Call:
    attempts: int  # calls made before this one
    ceiling: int
    window: Window
    not_after: datetime


@dataclass(frozen=True, slots=True)
class CurrentClaim:
    """The current state and claim of a call."""

    state: ContactState
    claimed_by: str | None
    epoch: int


def why_unchanged(now: CurrentClaim, by: str, epoch: int) -> Unchanged | None:
    """Return why a report by `by` under `epoch` does not change the call; None if it does."""
    match now.state:
        case ContactState.LISTED:
            return None if (now.claimed_by, now.epoch) == (by, epoch) else Unchanged.CLAIM_LOST
        case ContactState.WITHHELD:
            return Unchanged.WITHHELD
        case ContactState.CONCLUDED:
            return Unchanged.CONCLUDED
        case _:
            return Unchanged.SET_ASIDE


def after_call(
    call: Call, outcome: CallOutcome, call_back_at: datetime | None, at: datetime
) -> Conclude | CallAgain | OutcomeFlaw:
    if outcome is CallOutcome.CALL_BACK:
        return _call_back(call, call_back_at, at)
    if call_back_at is not None:
        return OutcomeFlaw.CALL_BACK_NOT_WANTED
    if outcome in _CONCLUDING or call.attempts + 1 >= call.ceiling:
        return Conclude()
    again = next_day(call.window, at)
    return CallAgain(again) if again < call.not_after else Conclude()


def _call_back(call: Call, call_back_at: datetime | None, at: datetime) -> CallAgain | OutcomeFlaw:
    if call_back_at is None:
        return OutcomeFlaw.CALL_BACK_MISSING
    if call_back_at <= at:
        return OutcomeFlaw.CALL_BACK_PAST
    return CallAgain(call_back_at) if call_back_at < call.not_after else OutcomeFlaw.CALL_BACK_TOO_LATE
