"""Calls asked for by people: taken in hand, concluded, put back. Consent is looked at again before each."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import assert_never
from uuid import UUID

import asyncpg

from contracts.audit import PersonalDataSeen
from contracts.event import Event, Sealed
from contracts.outreach import CallConcluded
from contracts.personal import CONTACT, NOTE, RECIPIENT, Contact, Note, Recipient
from contracts.vocabulary import CallOutcome, Channel, StepKind, WithheldReason
from kit import outbox
from kit.clock import Clock
from kit.database import Database, Session
from kit.keyring import Keyring
from kit.sealing import DataKey
from kit.web import Problem
from services.outreach.domain.calling import Call, CallAgain, Conclude, OutcomeFlaw, after_call
from services.outreach.domain.choosing import Refused, choose
from services.outreach.domain.contact import Twin
from services.outreach.domain.wave import WaveState
from services.outreach.events import withheld
from services.outreach.plans.files import from_text
from services.outreach.store import calls, contacts, people, waves
from services.outreach.store.calls import ListedCall


@dataclass(frozen=True, slots=True)
class Switchboard:
    database: Database
    keyring: Keyring
    clock: Clock
    lease: timedelta


@dataclass(frozen=True, slots=True)
class InHand:
    contact_id: UUID
    epoch: int
    lease_until: datetime
    language: str
    contact: Contact
    protected: bool


@dataclass(frozen=True, slots=True)
class Told:
    """What a nurse tells of a call. `epoch` is that of the claim."""

    epoch: int
    outcome: CallOutcome
    note: str | None
    call_back_at: datetime | None


@dataclass(frozen=True, slots=True)
class Held:
    call: ListedCall
    wave_state: WaveState
    plan_text: str
    person: asyncpg.Record


async def take(board: Switchboard, contact_id: UUID, by: str) -> InHand:
    """Claim a call and open whom to call; that it is seen is told with the claim. Raises Problem."""
    key = await _key(board, await _whose(board, contact_id))
    at = board.clock.now()
    async with board.database.transaction() as session:
        held = await _hold(session, contact_id)
        if held.wave_state is WaveState.PAUSED:
            raise Problem(409, "The wave is paused: nobody is called until it goes on.", code="paused")
        why = _why_not(held, at) or await _reached_elsewhere(session, held.call)
        if why is None:
            return await _claim(session, board, held, key, by)
        stopped = await contacts.withhold(session, [contact_id], why)
        await outbox.emit(session, withheld(stopped, at))
    raise Problem(409, "This person is not to be called any more.", errors=[("contact_id", why)], code=why)


async def _claim(session: Session, board: Switchboard, held: Held, key: DataKey, by: str) -> InHand:
    call, person = held.call, held.person
    claimed = await calls.claim(session, call.contact_id, by, board.lease)
    if claimed is None:
        raise Problem(409, "Somebody else has this call in hand.", code="claimed")
    in_hand = InHand(
        call.contact_id,
        claimed["epoch"],
        claimed["lease_until"],
        person["language"],
        key.open(CONTACT, person["contact"], Contact),
        protected=_open_recipient(key, person["recipient"]).protected,
    )
    await outbox.emit(session, [_seen(call, by, board.clock.now())])
    return in_hand


async def tell(board: Switchboard, contact_id: UUID, by: str, told: Told) -> str:
    """Write down what came of a call; give the contact's state. Raises Problem."""
    note = await _sealed_note(board, await _whose(board, contact_id), told.note)
    at = board.clock.now()
    async with board.database.transaction() as session:
        held = await _hold(session, contact_id)
        call = held.call
        step = from_text(held.plan_text).steps[call.step]
        decision = after_call(
            Call(call.attempts, step.attempts, step.window, call.not_after),
            told.outcome,
            told.call_back_at,
            at,
        )
        if isinstance(decision, OutcomeFlaw):
            raise Problem(422, "Nothing was changed.", errors=[("call_back_at", decision)], code="call-back")
        if call.claimed_by != by or not await _write(session, call, told, decision):
            raise _lost()
        await calls.note_attempt(
            session,
            (contact_id, told.epoch, by, told.outcome, note, told.call_back_at, call.registration_id, at),
        )
        if isinstance(decision, Conclude):
            await outbox.emit(session, [_concluded(call, told.outcome, at)])
    return "concluded" if isinstance(decision, Conclude) else "listed"


async def put_back(board: Switchboard, contact_id: UUID, by: str, epoch: int) -> str:
    async with board.database.transaction() as session:
        if await calls.find(session, contact_id) is None:
            raise unknown_call()
        if not await calls.release(session, contact_id, epoch, by):
            raise _lost()
    return "listed"


def unknown_call() -> Problem:
    return Problem(
        404, "There is no call with that id.", errors=[("contact_id", "unknown")], code="unknown-call"
    )


def _lost() -> Problem:
    return Problem(
        409,
        "This call is not in your hands any more: it was stopped, or somebody else has taken it.",
        errors=[("epoch", "out of date")],
        code="claim-lost",
    )


async def _hold(session: Session, contact_id: UUID) -> Held:
    """Lock wave, person (all registrations that are one person) and contact, in that order."""
    found = await calls.find(session, contact_id)
    if found is None:
        raise unknown_call()
    wave = (await waves.hold(session, [found.wave_id]))[found.wave_id]
    speaking, rows = await people.lock_one_person(session, [found.registration_id])
    person = rows.get(found.registration_id)
    call = await calls.lock(session, contact_id)
    if call is None or person is None:
        raise unknown_call()
    if call.state != "listed":
        live = await calls.live_of(session, speaking)
        if any(other.in_hand and other.incident_id == call.incident_id for other in live):
            raise Problem(409, "Somebody else is calling this person just now.", code="claimed")
        raise Problem(
            409, f"This call is {call.state}.", errors=[("contact_id", call.state)], code="not-listed"
        )
    return Held(call, WaveState(wave["state"]), wave["plan_text"], person)


def _why_not(held: Held, at: datetime) -> WithheldReason | None:
    if at >= held.call.not_after:
        return WithheldReason.WINDOW_CLOSED
    channels: tuple[Channel, ...] = from_text(held.plan_text).steps[held.call.step].channels
    choice = choose(people.person(held.person), StepKind.CALL, channels, at)
    return choice.reason if isinstance(choice, Refused) else None


async def _reached_elsewhere(session: Session, call: ListedCall) -> WithheldReason | None:
    """Say so where the person was called already, as another registration of theirs. Raises Problem."""
    step = call.wave_id, call.registration_id, call.step
    twins = (await contacts.twins(session, [step])).get(step, frozenset())
    twins |= (await calls.others(session, [_about(call)])).get(call.contact_id, set())
    if Twin.UNDER_WAY in twins:
        raise Problem(409, "Somebody else is calling this person just now.", code="claimed")
    if Twin.REACHED in twins:
        return WithheldReason.MERGED
    return WithheldReason.ALREADY_CONTACTED if Twin.CALLED in twins else None


def _about(call: ListedCall) -> tuple[UUID, UUID, UUID]:
    return call.contact_id, call.wave_id, call.registration_id


async def _write(session: Session, call: ListedCall, told: Told, decision: Conclude | CallAgain) -> bool:
    match decision:
        case Conclude():
            return await calls.conclude(session, call.contact_id, told.epoch, told.outcome)
        case CallAgain(due_at):
            return await calls.call_again(session, call.contact_id, told.epoch, due_at)
        case _:
            assert_never(decision)


async def _whose(board: Switchboard, contact_id: UUID) -> UUID:
    async with board.database.transaction() as session:
        found = await calls.find(session, contact_id)
    if found is None:
        raise unknown_call()
    return found.registration_id


async def _key(board: Switchboard, registration_id: UUID) -> DataKey:
    keys = await board.keyring.read([registration_id])
    if registration_id not in keys:
        raise Problem(410, "This person has been forgotten.", code="forgotten")
    return keys[registration_id]


async def _sealed_note(board: Switchboard, registration_id: UUID, note: str | None) -> Sealed | None:
    return (await _key(board, registration_id)).seal(NOTE, Note(note)) if note else None


def _open_recipient(key: DataKey, sealed: bytes | None) -> Recipient:
    return key.open(RECIPIENT, sealed, Recipient) if sealed else Recipient()


def _seen(call: ListedCall, by: str, at: datetime) -> Event:
    return PersonalDataSeen(
        incident_id=call.incident_id,
        exercise=call.exercise,
        registration_id=call.registration_id,
        actor=by,
        field_sets=(CONTACT, RECIPIENT),
        purpose="call",
        seen_at=at,
    )


def _concluded(call: ListedCall, outcome: CallOutcome, at: datetime) -> Event:
    return CallConcluded(
        incident_id=call.incident_id,
        exercise=call.exercise,
        registration_id=call.registration_id,
        contact_id=call.contact_id,
        wave_id=call.wave_id,
        municipality=call.municipality,
        outcome=outcome,
        concluded_at=at,
    )
