"""Calls taken in hand by people. Consent is looked at again before each."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg

from contracts.events.audit import PersonalDataSeen
from contracts.events.personal import CONTACT, RECIPIENT, ContactDetails, Recipient
from contracts.events.vocabulary import AgeBand, Channel, StepKind, WithheldReason
from contracts.wire.event import Event
from kit.database import outbox
from kit.database.database import Database, Session
from kit.http.web import Problem
from kit.privacy.keyring import Keyring
from kit.privacy.sealing import DataKey
from kit.runtime.clock import Clock
from services.outreach.domain.contact import ContactState, Twin
from services.outreach.domain.eligibility import Refused, choose
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
    contact: ContactDetails
    protected: bool
    child: bool  # the call is to the guardian who consented


@dataclass(frozen=True, slots=True)
class Held:
    """A call whose wave, person and row are locked. `speaking`: as people.one_person returns it."""

    call: ListedCall
    wave_state: WaveState
    plan_text: str
    person: asyncpg.Record
    speaking: Mapping[UUID, UUID]


async def lines(board: Switchboard, rows: Sequence[asyncpg.Record]) -> list[dict[str, Any]]:
    """Return the rows of a list with the time at which each person would rather be called.

    It is the only thing read of the sealed details: whose it is stays closed until a claim.
    """
    keys = await board.keyring.read([row["registration_id"] for row in rows])
    found = []
    for row in rows:
        line = dict(row)
        sealed, key = line.pop("contact"), keys.get(row["registration_id"])
        contact = key.open(CONTACT, sealed, ContactDetails) if key and sealed else None
        found.append({**line, "preferred_time": contact.preferred_time if contact else None})
    return found


async def take(board: Switchboard, contact_id: UUID, by: str, authority: str) -> InHand:
    """Claim a call from the list of an authority and open whom to call. Raises Problem.

    That the person is seen is told with the claim. A list that the call has left opens nothing.
    """
    key = await key_of(board, await whose(board, contact_id))
    async with board.database.transaction() as session:
        held = await hold(session, contact_id)
        at = await session.read_time(board.clock)
        await _refuse_unlisted(session, held)
        _refuse_other_list(held, authority)
        if held.wave_state is WaveState.PAUSED:
            raise Problem(409, "The wave is paused: nobody is called until it goes on.", code="paused")
        why = _why_not(held, at) or await _reached_elsewhere(session, held.call)
        if why is None:
            return await _claim(session, board, held, key, by, at)
        stopped = await contacts.withhold(session, [contact_id], why)
        await outbox.emit(session, withheld(stopped, at))
    raise Problem(409, "This person is not to be called any more.", errors=[("contact_id", why)], code=why)


async def _claim(
    session: Session, board: Switchboard, held: Held, key: DataKey, by: str, at: datetime
) -> InHand:
    call, person = held.call, held.person
    claimed = await calls.claim(session, call.contact_id, by, board.lease)
    if claimed is None:
        raise Problem(409, "Somebody else has this call in hand.", code="claimed")
    in_hand = InHand(
        call.contact_id,
        claimed["epoch"],
        claimed["lease_until"],
        person["language"],
        key.open(CONTACT, person["contact"], ContactDetails),
        protected=open_recipient(key, person["recipient"]).protected,
        child=person["age_band"] == AgeBand.UNDER_15,
    )
    await outbox.emit(session, [_seen(call, by, at)])
    return in_hand


def unknown_call() -> Problem:
    return Problem(
        404, "There is no call with that id.", errors=[("contact_id", "unknown")], code="unknown-call"
    )


async def hold(session: Session, contact_id: UUID) -> Held:
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
    return Held(call, WaveState(wave["state"]), wave["plan_text"], person, speaking)


async def _refuse_unlisted(session: Session, held: Held) -> None:
    call = held.call
    if call.state == ContactState.LISTED:
        return
    live = await calls.live_of(session, held.speaking)
    if any(other.in_hand and other.incident_id == call.incident_id for other in live):
        raise Problem(409, "Somebody else is calling this person just now.", code="claimed")
    raise Problem(409, f"This call is {call.state}.", errors=[("contact_id", call.state)], code="not-listed")


def _refuse_other_list(held: Held, authority: str) -> None:
    """Let nobody open a person of another authority, or one of whom it is being decided whose they are."""
    if held.call.authority != authority:
        raise Problem(
            409,
            "Another authority is responsible for this person now. The call is on its list.",
            errors=[("authority", "not responsible")],
            code="moved",
        )
    if held.person["municipality"] is None or held.person["rerouting"]:
        raise Problem(
            409,
            "Who is responsible for this person is being decided. The call is listed again after that.",
            code="being-decided",
        )


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


async def whose(board: Switchboard, contact_id: UUID) -> UUID:
    async with board.database.transaction() as session:
        found = await calls.find(session, contact_id)
    if found is None:
        raise unknown_call()
    return found.registration_id


async def key_of(board: Switchboard, registration_id: UUID) -> DataKey:
    keys = await board.keyring.read([registration_id])
    if registration_id not in keys:
        raise Problem(410, "This person has been forgotten.", code="forgotten")
    return keys[registration_id]


def open_recipient(key: DataKey, sealed: bytes | None) -> Recipient:
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
