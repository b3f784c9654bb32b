"""Record the outcome of a call. Every report is kept; only the holder of the claim changes the call."""

from dataclasses import dataclass
from datetime import datetime
from typing import assert_never
from uuid import UUID

from contracts.events.outreach import CallConcluded
from contracts.events.personal import NOTE, Note
from contracts.events.vocabulary import CallOutcome
from contracts.wire.errors import FieldError
from contracts.wire.event import Event
from contracts.wire.sealed import Sealed
from kit.database import outbox
from kit.database.database import Session
from kit.http.web import Problem
from kit.privacy.sealing import DataKey
from services.outreach.dependencies import Dependencies
from services.outreach.domain.call_outcome import (
    WITHDRAWALS,
    Call,
    CallAgain,
    Conclude,
    CurrentClaim,
    OutcomeFlaw,
    Unchanged,
    after_call,
    follow_up_reason,
    why_unchanged,
)
from services.outreach.domain.contact import ContactState
from services.outreach.events import withheld_events
from services.outreach.plans.files import from_text
from services.outreach.store import calls, contacts, follow_ups, people, person_projection
from services.outreach.store.calls import ListedCall
from services.outreach.use_cases.take_calls import LockedCall, find_owner, lock_call


@dataclass(frozen=True, slots=True)
class CallReport:
    """A nurse's report of a call. `epoch`: that of the claim. Without an outcome the call is released."""

    epoch: int
    outcome: CallOutcome | None = None
    note: str | None = None
    call_back_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class SavedReport:
    """What was saved of a report. `unchanged`: why the call did not change; None if it did."""

    state: ContactState
    unchanged: Unchanged | None
    outcome: bool
    note: bool


async def record_outcome(
    dependencies: Dependencies, contact_id: UUID, by: str, report: CallReport
) -> SavedReport:
    """Record a report and change its call. Raise Problem for an invalid time to call back."""
    owner = await find_owner(dependencies, contact_id)
    key = (await dependencies.keyring.read([owner])).get(owner)
    async with dependencies.database.transaction() as session:
        locked = await lock_call(session, contact_id)
        at = await people.record_time(session, locked.primaries, dependencies.clock)
        call = locked.call
        kept = SavedReport(
            ContactState(call.state), None, report.outcome is not None, bool(report.note and key)
        )
        if (before := await _find_repeated(session, contact_id, by, report, key)) is not None:
            return SavedReport(kept.state, before.unchanged, kept.outcome, kept.note)
        if report.outcome in WITHDRAWALS and not locked.person.forgotten:
            await _insert_attempt(session, call, by, report, key, at, None)
            await _withdraw(session, locked, report.outcome, by, at)
            return SavedReport(ContactState.CONCLUDED, None, kept.outcome, kept.note)
        unchanged = why_unchanged(CurrentClaim(kept.state, call.claimed_by, call.epoch), by, report.epoch)
        if unchanged is not None:
            await _insert_attempt(session, call, by, report, key, at, unchanged)
            return SavedReport(kept.state, unchanged, kept.outcome, kept.note)
        state = await _apply(session, locked, by, report, at)
        await _insert_attempt(session, call, by, report, key, at, None)
    return SavedReport(state, None, kept.outcome, kept.note)


async def _withdraw(
    session: Session, locked: LockedCall, outcome: CallOutcome, by: str, at: datetime
) -> None:
    """Stop all planned contacts of the person at once, before registration processes the withdrawal."""
    call, reason = locked.call, WITHDRAWALS[outcome]
    await calls.conclude_in_any_state(session, call.contact_id, outcome)
    await person_projection.note_withdrawal(session, list(locked.primaries), reason, at)
    stopped = await contacts.withhold_people(session, list(locked.primaries), reason)
    await outbox.emit(session, [*withheld_events(stopped, at), _concluded(call, outcome, by, at)])


async def _apply(
    session: Session, locked: LockedCall, by: str, report: CallReport, at: datetime
) -> ContactState:
    call = locked.call
    if report.outcome is None:
        await calls.release(session, call.contact_id, report.epoch, by)
        return ContactState.LISTED
    step = from_text(locked.plan_text).steps[call.step]
    so_far = Call(call.attempts, step.attempts, step.window, call.not_after)
    match after_call(so_far, report.outcome, report.call_back_at, at):
        case OutcomeFlaw() as flaw:
            raise Problem(
                422,
                "The time to call back is not valid. Nothing was changed.",
                errors=[FieldError("call_back_at", flaw.value)],
                code="call-back",
            )
        case Conclude():
            await calls.conclude(session, call.contact_id, report.epoch, report.outcome)
            await outbox.emit(session, [_concluded(call, report.outcome, by, at)])
            return ContactState.CONCLUDED
        case CallAgain(due_at):
            await calls.reschedule(session, call.contact_id, report.epoch, due_at)
            return ContactState.LISTED
        case never:
            assert_never(never)


@dataclass(frozen=True, slots=True)
class _EarlierReport:
    unchanged: Unchanged | None


async def _find_repeated(
    session: Session, contact_id: UUID, by: str, report: CallReport, key: DataKey | None
) -> _EarlierReport | None:
    """Find an equal earlier report. A form that is sent twice is kept once."""
    for row in await calls.load_attempts(session, contact_id, report.epoch, by):
        note = key.open(NOTE, row.note, Note).text if key and row.note else None
        same = (row.outcome, row.call_back_at) == (report.outcome, report.call_back_at)
        if same and note == (report.note or None):
            return _EarlierReport(Unchanged(row.unchanged) if row.unchanged else None)
    return None


async def _insert_attempt(
    session: Session,
    call: ListedCall,
    by: str,
    report: CallReport,
    key: DataKey | None,
    at: datetime,
    unchanged: Unchanged | None,
) -> None:
    if report.outcome is None and not report.note:
        return
    note = _sealed(key, report.note)
    who = call.contact_id, report.epoch, by
    attempt_id = await calls.insert_attempt(
        session, (*who, report.outcome, note, report.call_back_at, call.registration_id, at, unchanged)
    )
    if (reason := follow_up_reason(report.outcome, unchanged)) is not None:
        await follow_ups.insert(session, attempt_id, call.contact_id, call.registration_id, reason)


def _sealed(key: DataKey | None, note: str | None) -> Sealed | None:
    """Seal a note. Return None for an erased person: without a key nothing is stored."""
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
