"""One planned contact: what is done when it is due, and what becomes of it after that."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID

from contracts.events.vocabulary import CallOutcome, Channel, StepKind, WithheldReason
from services.outreach.domain.eligibility import Chosen, Person, Refused, choose
from services.outreach.domain.window import Window, next_open


class ContactState(StrEnum):
    WAITING = "waiting"
    CLAIMED = "claimed"  # a worker has it on a lease, for a moment
    REQUESTED = "requested"  # notify has it
    HANDED_OVER = "handed_over"
    DELIVERED = "delivered"
    FAILED = "failed"
    IN_DOUBT = "in_doubt"
    LISTED = "listed"  # on a call list
    CONCLUDED = "concluded"
    WITHHELD = "withheld"


PLANNED: Final = (ContactState.WAITING, ContactState.CLAIMED, ContactState.LISTED)
"""Not handed over to anybody: what a withdrawal or a cancelled wave stops."""

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


class Twin(StrEnum):
    """The same step of the same wave, of a registration that turned out to be the same person."""

    UNDER_WAY = "under_way"
    REACHED = "reached"
    CALLED = "called"  # by another call, which nobody could know of at the preview


NOT_REACHED: Final = {CallOutcome.NO_ANSWER, CallOutcome.WRONG_NUMBER}
_MAY_HAVE_REACHED: Final = {ContactState.HANDED_OVER, ContactState.DELIVERED, ContactState.IN_DOUBT}


def twin(state: ContactState, outcome: CallOutcome | None, *, in_hand: bool) -> Twin | None:
    """Tell how far it has come; `in_hand`: somebody calls just now."""
    if state is ContactState.REQUESTED or in_hand:
        return Twin.UNDER_WAY
    if state is ContactState.CONCLUDED:
        return None if outcome in NOT_REACHED else Twin.REACHED
    return Twin.REACHED if state in _MAY_HAVE_REACHED else None


def other_call(outcome: CallOutcome | None, *, next_step: bool) -> Twin | None:
    """Tell what another call to the person at this incident means for one that is due.

    `outcome`: what came of it since the preview; None while it is live. `next_step`: both are of one wave,
    whose steps are meant to follow each other, unless the person has declined.
    """
    if outcome is None:
        return Twin.UNDER_WAY
    if next_step:
        return Twin.CALLED if outcome is CallOutcome.DECLINED else None
    return None if outcome in NOT_REACHED or outcome is CallOutcome.CALL_BACK else Twin.CALLED


LOOK_AGAIN: Final = timedelta(minutes=1)


def when_due(
    person: Person | None,
    kind: StepKind,
    planned: Sequence[Channel],
    window: Window,
    not_after: datetime,
    at: datetime,
    twins: frozenset[Twin] = frozenset(),
) -> DueDecision:
    """Look at everything once more. A closed window moves the contact; past its end it is over."""
    opens = next_open(window, at)
    if opens >= not_after:
        return Withhold(WithheldReason.WINDOW_CLOSED)
    if opens > at:
        return Wait(opens)
    if person is None:
        return Withhold(WithheldReason.NO_CONSENT)
    choice = choose(person, kind, planned, at)
    match choice:
        case Refused():
            return Wait(at + LOOK_AGAIN) if _is_undecided(person, choice.reason) else Withhold(choice.reason)
        case Chosen(channels):
            return _unless_reached(twins, at) or _ask(kind, channels)


def _is_undecided(person: Person, reason: WithheldReason) -> bool:
    """Tell whether routing, or a person, decides yet."""
    match reason:
        case WithheldReason.BEING_DECIDED:
            return True
        case WithheldReason.NO_HOME_AUTHORITY:
            return not person.closed
        case _:
            return False


def _unless_reached(twins: frozenset[Twin], at: datetime) -> Withhold | Wait | None:
    if Twin.REACHED in twins:
        return Withhold(WithheldReason.MERGED)
    if Twin.CALLED in twins:
        return Withhold(WithheldReason.ALREADY_CONTACTED)
    return Wait(at + LOOK_AGAIN) if Twin.UNDER_WAY in twins else None


def _ask(kind: StepKind, channels: tuple[Channel, ...]) -> Request | ListCall:
    return Request(channels) if kind is StepKind.MESSAGE else ListCall()


class Told(StrEnum):
    """What notify tells of a message."""

    HANDED_OVER = "handed_over"
    DELIVERED = "delivered"
    FELL_BACK = "fell_back"
    FAILED = "failed"
    IN_DOUBT = "in_doubt"
    WITHHELD = "withheld"


@dataclass(frozen=True, slots=True)
class Progress:
    state: ContactState
    attempt_id: UUID | None = None
    reason: WithheldReason | None = None


_BECOMES: Final = {
    Told.HANDED_OVER: ContactState.HANDED_OVER,
    Told.DELIVERED: ContactState.DELIVERED,
    Told.FELL_BACK: ContactState.REQUESTED,
    Told.FAILED: ContactState.FAILED,
    Told.IN_DOUBT: ContactState.IN_DOUBT,
    Told.WITHHELD: ContactState.WITHHELD,
}


def told(
    now: Progress, what: Told, attempt_id: UUID | None = None, reason: WithheldReason | None = None
) -> Progress:
    """Move on. A final state stays, and an attempt that was handed over is not in doubt any more."""
    if now.state in FINAL:
        return now
    if what is Told.IN_DOUBT and now.state is ContactState.HANDED_OVER and now.attempt_id == attempt_id:
        return now
    return Progress(_BECOMES[what], attempt_id, reason)
