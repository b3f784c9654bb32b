"""One planned contact: the decision when it is due, and its states after that."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID

from contracts.events.vocabulary import NOT_REACHED, CallOutcome, Channel, StepKind, WithheldReason
from services.outreach.domain.eligibility import ChosenChannels, Ineligible, ProjectedPerson, choose_channels
from services.outreach.domain.window import Window, next_open


class ContactState(StrEnum):
    WAITING = "waiting"
    CLAIMED = "claimed"  # leased by a worker for a moment
    REQUESTED = "requested"  # sent to notify
    HANDED_OVER = "handed_over"
    DELIVERED = "delivered"
    FAILED = "failed"
    IN_DOUBT = "in_doubt"
    LISTED = "listed"  # on a call list
    CONCLUDED = "concluded"
    WITHHELD = "withheld"


PLANNED: Final = (ContactState.WAITING, ContactState.CLAIMED, ContactState.LISTED)
"""States before hand-over. A withdrawal or a cancelled wave stops contacts in these states."""

FINAL: Final = frozenset(
    {ContactState.DELIVERED, ContactState.FAILED, ContactState.CONCLUDED, ContactState.WITHHELD}
)


@dataclass(frozen=True, slots=True)
class Request:
    channels: tuple[Channel, ...]


@dataclass(frozen=True, slots=True)
class ListCall:
    pass


@dataclass(frozen=True, slots=True)
class Withhold:
    reason: WithheldReason


@dataclass(frozen=True, slots=True)
class Wait:
    until: datetime


DueDecision = Request | ListCall | Withhold | Wait


class OtherContact(StrEnum):
    """What another contact to the same person means for a contact that is due."""

    UNDER_WAY = "under_way"
    REACHED = "reached"
    CALLED = "called"  # by a call made since the preview


_MAY_HAVE_REACHED: Final = {ContactState.HANDED_OVER, ContactState.DELIVERED, ContactState.IN_DOUBT}


def effect_of_merged_step(
    state: ContactState, outcome: CallOutcome | None, *, is_claimed: bool
) -> OtherContact | None:
    """Judge the same step of a registration merged into the person.

    `is_claimed`: somebody is calling just now.
    """
    if state is ContactState.REQUESTED or is_claimed:
        return OtherContact.UNDER_WAY
    if state is ContactState.CONCLUDED:
        return None if outcome in NOT_REACHED else OtherContact.REACHED
    return OtherContact.REACHED if state in _MAY_HAVE_REACHED else None


def effect_of_other_call(outcome: CallOutcome | None, *, next_step: bool) -> OtherContact | None:
    """Judge another call to the person at this incident.

    `outcome`: its result since the preview; None while the call is live. `next_step`: both calls are steps of
    one wave. These follow each other unless the person declined.
    """
    if outcome is None:
        return OtherContact.UNDER_WAY
    if next_step:
        return OtherContact.CALLED if outcome is CallOutcome.DECLINED else None
    return None if outcome in NOT_REACHED or outcome is CallOutcome.CALL_BACK else OtherContact.CALLED


LOOK_AGAIN: Final = timedelta(minutes=1)


def decide_due(
    person: ProjectedPerson | None,
    kind: StepKind,
    planned: Sequence[Channel],
    window: Window,
    not_after: datetime,
    at: datetime,
    others: frozenset[OtherContact] = frozenset(),
) -> DueDecision:
    """Decide a due contact by the current data. Postpone it to the next window; withhold it past its end."""
    opens = next_open(window, at)
    if opens >= not_after:
        return Withhold(WithheldReason.WINDOW_CLOSED)
    if opens > at:
        return Wait(opens)
    if person is None:
        return Withhold(WithheldReason.NO_CONSENT)
    choice = choose_channels(person, kind, planned, at)
    match choice:
        case Ineligible():
            return Wait(at + LOOK_AGAIN) if _is_undecided(person, choice.reason) else Withhold(choice.reason)
        case ChosenChannels(channels):
            return _hindrance_elsewhere(others, at) or _request(kind, channels)


def _is_undecided(person: ProjectedPerson, reason: WithheldReason) -> bool:
    """Return whether a decision about the home authority is still to come."""
    match reason:
        case WithheldReason.BEING_DECIDED:
            return True
        case WithheldReason.NO_HOME_AUTHORITY:
            return not person.closed
        case _:
            return False


def _hindrance_elsewhere(others: frozenset[OtherContact], at: datetime) -> Withhold | Wait | None:
    if OtherContact.REACHED in others:
        return Withhold(WithheldReason.MERGED)
    if OtherContact.CALLED in others:
        return Withhold(WithheldReason.ALREADY_CONTACTED)
    return Wait(at + LOOK_AGAIN) if OtherContact.UNDER_WAY in others else None


def _request(kind: StepKind, channels: tuple[Channel, ...]) -> Request | ListCall:
    return Request(channels) if kind is StepKind.MESSAGE else ListCall()


class MessageEventKind(StrEnum):
    """The result of a message, as an event of notify reports it."""

    HANDED_OVER = "handed_over"
    DELIVERED = "delivered"
    FELL_BACK = "fell_back"
    FAILED = "failed"
    IN_DOUBT = "in_doubt"
    WITHHELD = "withheld"


@dataclass(frozen=True, slots=True)
class MessageProgress:
    state: ContactState
    attempt_id: UUID | None = None
    reason: WithheldReason | None = None


_BECOMES: Final = {
    MessageEventKind.HANDED_OVER: ContactState.HANDED_OVER,
    MessageEventKind.DELIVERED: ContactState.DELIVERED,
    MessageEventKind.FELL_BACK: ContactState.REQUESTED,
    MessageEventKind.FAILED: ContactState.FAILED,
    MessageEventKind.IN_DOUBT: ContactState.IN_DOUBT,
    MessageEventKind.WITHHELD: ContactState.WITHHELD,
}


def apply_message_event(
    now: MessageProgress,
    what: MessageEventKind,
    attempt_id: UUID | None = None,
    reason: WithheldReason | None = None,
) -> MessageProgress:
    """Return the state after an event. A final state stays; a handed-over attempt cannot become in doubt."""
    if now.state in FINAL:
        return now
    if (
        what is MessageEventKind.IN_DOUBT
        and now.state is ContactState.HANDED_OVER
        and now.attempt_id == attempt_id
    ):
        return now
    return MessageProgress(_BECOMES[what], attempt_id, reason)
