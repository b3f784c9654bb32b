"""What came of calls: written down whatever changed meanwhile; the call moves only for who has it in hand."""

from dataclasses import dataclass
from datetime import datetime
from typing import assert_never
from uuid import UUID

from contracts.events.outreach import CallConcluded
from contracts.events.personal import NOTE, Note
from contracts.events.vocabulary import CallOutcome
from contracts.wire.event import Event
from contracts.wire.sealed import Sealed
from kit.database import outbox
from kit.database.database import Session
from kit.http.web import Problem
from kit.privacy.sealing import DataKey
from services.outreach.domain.call_outcome import (
    WITHDRAWALS,
    Call,
    CallAgain,
    Conclude,
    InHands,
    OutcomeFlaw,
    Unchanged,
    after_call,
    follow_up,
    why_unchanged,
)
from services.outreach.domain.contact import ContactState
from services.outreach.events import withheld
from services.outreach.plans.files import from_text
from services.outreach.store import calls, contacts, follow_ups, person_projection
from services.outreach.store.calls import ListedCall
from services.outreach.use_cases.take_calls import Held, Switchboard, hold, whose


@dataclass(frozen=True, slots=True)
class Told:
    """What a nurse tells of a call. `epoch` is that of the claim; without an outcome it is put back."""

    epoch: int
    outcome: CallOutcome | None = None
    note: str | None = None
    call_back_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Kept:
    """What was kept. `unchanged`: why the call's state stayed; None if it moved."""

    state: ContactState
    unchanged: Unchanged | None
    outcome: bool
    note: bool


async def tell(board: Switchboard, contact_id: UUID, by: str, told: Told) -> Kept:
    """Write down what came of a call. Raises Problem where the time to call back cannot be kept."""
    owner = await whose(board, contact_id)
    key = (await board.keyring.read([owner])).get(owner)
    async with board.database.transaction() as session:
        held = await hold(session, contact_id)
        at = await session.read_time(board.clock)
        call = held.call
        kept = Kept(ContactState(call.state), None, told.outcome is not None, bool(told.note and key))
        if (before := await _told_before(session, contact_id, by, told, key)) is not None:
            return Kept(kept.state, before.unchanged, kept.outcome, kept.note)
        if told.outcome in WITHDRAWALS and not held.person["forgotten"]:
            await _note(session, call, by, told, key, at, None)
            await _withdraw(session, held, told.outcome, by, at)
            return Kept(ContactState.CONCLUDED, None, kept.outcome, kept.note)
        unchanged = why_unchanged(InHands(kept.state, call.claimed_by, call.epoch), by, told.epoch)
        if unchanged is not None:
            await _note(session, call, by, told, key, at, unchanged)
            return Kept(kept.state, unchanged, kept.outcome, kept.note)
        state = await _move(session, held, by, told, at)
        await _note(session, call, by, told, key, at, None)
    return Kept(state, None, kept.outcome, kept.note)


async def _withdraw(session: Session, held: Held, outcome: CallOutcome, by: str, at: datetime) -> None:
    """Stop all that is planned for the person, by any registration, before registration has heard of it."""
    call, reason = held.call, WITHDRAWALS[outcome]
    await calls.conclude_whatever(session, call.contact_id, outcome)
    await person_projection.note_withdrawal(session, list(held.speaking), reason, at)
    stopped = await contacts.withhold_people(session, list(held.speaking), reason)
    await outbox.emit(session, [*withheld(stopped, at), _concluded(call, outcome, by, at)])


async def _move(session: Session, held: Held, by: str, told: Told, at: datetime) -> ContactState:
    call = held.call
    if told.outcome is None:
        await calls.release(session, call.contact_id, told.epoch, by)
        return ContactState.LISTED
    step = from_text(held.plan_text).steps[call.step]
    so_far = Call(call.attempts, step.attempts, step.window, call.not_after)
    match after_call(so_far, told.outcome, told.call_back_at, at):
        case OutcomeFlaw() as flaw:
            raise Problem(422, "Nothing was changed.", errors=[("call_back_at", flaw)], code="call-back")
        case Conclude():
            await calls.conclude(session, call.contact_id, told.epoch, told.outcome)
            await outbox.emit(session, [_concluded(call, told.outcome, by, at)])
            return ContactState.CONCLUDED
        case CallAgain(due_at):
            await calls.call_again(session, call.contact_id, told.epoch, due_at)
            return ContactState.LISTED
        case never:
            assert_never(never)


@dataclass(frozen=True, slots=True)
class _Before:
    unchanged: Unchanged | None


async def _told_before(
    session: Session, contact_id: UUID, by: str, told: Told, key: DataKey | None
) -> _Before | None:
    """Find the same words, sent before: a form sent twice is kept once."""
    for row in await calls.attempts_under(session, contact_id, told.epoch, by):
        note = key.open(NOTE, row["note"], Note).text if key and row["note"] else None
        same = (row["outcome"], row["call_back_at"]) == (told.outcome, told.call_back_at)
        if same and note == (told.note or None):
            return _Before(Unchanged(row["unchanged"]) if row["unchanged"] else None)
    return None


async def _note(
    session: Session,
    call: ListedCall,
    by: str,
    told: Told,
    key: DataKey | None,
    at: datetime,
    unchanged: Unchanged | None,
) -> None:
    if told.outcome is None and not told.note:
        return
    note = _sealed(key, told.note)
    who = call.contact_id, told.epoch, by
    attempt_id = await calls.note_attempt(
        session, (*who, told.outcome, note, told.call_back_at, call.registration_id, at, unchanged)
    )
    if (reason := follow_up(told.outcome, unchanged)) is not None:
        await follow_ups.add(session, attempt_id, call.contact_id, call.registration_id, reason)


def _sealed(key: DataKey | None, note: str | None) -> Sealed | None:
    """Of somebody who is forgotten nothing can be sealed any more, and nothing is written open."""
    return key.seal(NOTE, Note(note)) if key and note else None


def _concluded(call: ListedCall, outcome: CallOutcome, by: str, at: datetime) -> Event:
    return CallConcluded(
        incident_id=call.incident_id,
        exercise=call.exercise,
        registration_id=call.registration_id,
        contact_id=call.contact_id,
        wave_id=call.wave_id,
        municipality=call.municipality,
        authority=call.authority,
        outcome=outcome,
        concluded_at=at,
        concluded_by=by,
    )
