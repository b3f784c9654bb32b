"""What follows from the outcome of a call."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from contracts.events.vocabulary import CallOutcome, WithheldReason
from services.outreach.domain.contact import ContactState
from services.outreach.domain.window import Window, next_day


@dataclass(frozen=True, slots=True)
class Conclude:
    pass


@dataclass(frozen=True, slots=True)
class CallAgain:
    due_at: datetime


class Unchanged(StrEnum):
    """Why what is written of a call is kept, and the call stays as it is."""

    CLAIM_LOST = "claim-lost"  # put back, or in the hands of somebody else
    SET_ASIDE = "set-aside"  # off the list until another call to the person is over
    WITHHELD = "withheld"
    CONCLUDED = "concluded"


class FollowUpReason(StrEnum):
    """Why somebody must still see to what came of a call."""

    WANTS_HELP = "wants_help"
    WRONG_NUMBER = "wrong_number"
    KEPT = "kept"  # written when the call had changed meanwhile: nobody else has read it


def follow_up_reason(outcome: CallOutcome | None, unchanged: Unchanged | None) -> FollowUpReason | None:
    match outcome:
        case CallOutcome.WANTS_HELP:
            return FollowUpReason.WANTS_HELP
        case CallOutcome.WRONG_NUMBER:
            return FollowUpReason.WRONG_NUMBER
        case _:
            return FollowUpReason.KEPT if unchanged is not None else None


class OutcomeFlaw(StrEnum):
    CALL_BACK_MISSING = "say when to call back"
    CALL_BACK_NOT_WANTED = "only the outcome call_back has a time to call back"
    CALL_BACK_PAST = "the time to call back has passed"
    CALL_BACK_TOO_LATE = "the time to call back is after the end of the follow-up"


WITHDRAWALS: Final = {
    CallOutcome.WITHDRAWS_CONSENT: WithheldReason.CONSENT_WITHDRAWN,
    CallOutcome.DO_NOT_CONTACT: WithheldReason.DO_NOT_CONTACT,
}
"""What the citizen says of every contact, not of this call: it counts whatever became of the call."""

_CONCLUDING: Final = frozenset(CallOutcome) - {CallOutcome.CALL_BACK, CallOutcome.NO_ANSWER}


@dataclass(frozen=True, slots=True)
class Call:
    attempts: int  # earlier ones, without this
    ceiling: int
    window: Window
    not_after: datetime


@dataclass(frozen=True, slots=True)
class CurrentClaim:
    """A call as it is now, and in whose hands."""

    state: ContactState
    claimed_by: str | None
    epoch: int


def why_unchanged(now: CurrentClaim, by: str, epoch: int) -> Unchanged | None:
    """Return why the state stays when `by` tells of a call claimed under `epoch`; None if it moves."""
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
