"""Calls taken in hand by people. Consent is looked at again before each."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg

from contracts.events.audit import PersonalDataSeen
from contracts.events.personal import CONTACT, RECIPIENT, ContactDetails, Recipient
from contracts.events.vocabulary import AgeBand, Channel, StepKind, WithheldReason
from contracts.wire.event import Event
from kit.database import outbox
from kit.database.database import Session
from kit.http.web import Problem
from kit.privacy.sealing import DataKey
from services.outreach.dependencies import Dependencies
from services.outreach.domain.contact import ContactState, OtherContact
from services.outreach.domain.eligibility import Ineligible, choose_channels
from services.outreach.domain.wave import WaveState
from services.outreach.events import withheld_events
from services.outreach.plans.files import from_text
from services.outreach.store import calls, contacts, people, waves
from services.outreach.store.calls import ListedCall


@dataclass(frozen=True, slots=True)
class ClaimedCall:
    contact_id: UUID
    epoch: int
    lease_until: datetime
    language: str
    contact: ContactDetails
    protected: bool
    child: bool  # the call is to the guardian who consented


@dataclass(frozen=True, slots=True)
class LockedCall:
    """A call whose wave, person and row are locked. `speaking`: as people.load_linked returns it."""

    call: ListedCall
    wave_state: WaveState
    plan_text: str
    person: asyncpg.Record
    primaries: Mapping[UUID, UUID]


async def with_preferred_times(
    dependencies: Dependencies, rows: Sequence[asyncpg.Record]
) -> list[dict[str, Any]]:
    """Return the rows of a list with the time at which each person would rather be called.

    It is the only thing read of the sealed details: whose it is stays closed until a claim.
    """
    keys = await dependencies.keyring.read([row["registration_id"] for row in rows])
    found = []
    for row in rows:
        line = dict(row)
        sealed, key = line.pop("contact"), keys.get(row["registration_id"])
        contact = key.open(CONTACT, sealed, ContactDetails) if key and sealed else None
        found.append({**line, "preferred_time": contact.preferred_time if contact else None})
    return found


async def claim_call(dependencies: Dependencies, contact_id: UUID, by: str, authority: str) -> ClaimedCall:
    """Claim a call from the list of an authority and open whom to call. Raises Problem.

    That the person is seen is told with the claim. A list that the call has left opens nothing.
    """
    key = await load_key(dependencies, await find_owner(dependencies, contact_id))
    async with dependencies.database.transaction() as session:
        locked = await lock_call(session, contact_id)
        at = await session.read_time(dependencies.clock)
        await _refuse_unlisted(session, locked)
        _refuse_other_list(locked, authority)
        if locked.wave_state is WaveState.PAUSED:
            raise Problem(409, "The wave is paused: nobody is called until it goes on.", code="paused")
        why = _why_not(locked, at) or await _reached_elsewhere(session, locked.call)
        if why is None:
            return await _claim(session, dependencies, locked, key, by, at)
        stopped = await contacts.withhold(session, [contact_id], why)
        await outbox.emit(session, withheld_events(stopped, at))
    raise Problem(409, "This person is not to be called any more.", errors=[("contact_id", why)], code=why)


async def _claim(
    session: Session, dependencies: Dependencies, locked: LockedCall, key: DataKey, by: str, at: datetime
) -> ClaimedCall:
    call, person = locked.call, locked.person
    claimed = await calls.claim(session, call.contact_id, by, dependencies.call_lease)
    if claimed is None:
        raise Problem(409, "Somebody else has this call in hand.", code="claimed")
    is_claimed = ClaimedCall(
        call.contact_id,
        claimed["epoch"],
        claimed["lease_until"],
        person["language"],
        key.open(CONTACT, person["contact"], ContactDetails),
        protected=open_recipient(key, person["recipient"]).protected,
        child=person["age_band"] == AgeBand.UNDER_15,
    )
    await outbox.emit(session, [_seen(call, by, at)])
    return is_claimed


def unknown_call() -> Problem:
    return Problem(
        404, "There is no call with that id.", errors=[("contact_id", "unknown")], code="unknown-call"
    )


async def lock_call(session: Session, contact_id: UUID) -> LockedCall:
    """Lock wave, person (all registrations that are one person) and contact, in that order."""
    found = await calls.find(session, contact_id)
    if found is None:
        raise unknown_call()
    wave = (await waves.lock_shared(session, [found.wave_id]))[found.wave_id]
    primaries, rows = await people.lock_linked(session, [found.registration_id])
    person = rows.get(found.registration_id)
    call = await calls.lock(session, contact_id)
    if call is None or person is None:
        raise unknown_call()
    return LockedCall(call, WaveState(wave["state"]), wave["plan_text"], person, primaries)


async def _refuse_unlisted(session: Session, locked: LockedCall) -> None:
    call = locked.call
    if call.state == ContactState.LISTED:
        return
    live = await calls.lock_live_calls(session, locked.primaries)
    if any(other.is_claimed and other.incident_id == call.incident_id for other in live):
        raise Problem(409, "Somebody else is calling this person just now.", code="claimed")
    raise Problem(409, f"This call is {call.state}.", errors=[("contact_id", call.state)], code="not-listed")


def _refuse_other_list(locked: LockedCall, authority: str) -> None:
    """Let nobody open a person of another authority, or one of whom it is being decided whose they are."""
    if locked.call.authority != authority:
        raise Problem(
            409,
            "Another authority is responsible for this person now. The call is on its list.",
            errors=[("authority", "not responsible")],
            code="moved",
        )
    if locked.person["municipality"] is None or locked.person["rerouting"]:
        raise Problem(
            409,
            "Who is responsible for this person is being decided. The call is listed again after that.",
            code="being-decided",
        )


def _why_not(locked: LockedCall, at: datetime) -> WithheldReason | None:
    if at >= locked.call.not_after:
        return WithheldReason.WINDOW_CLOSED
    channels: tuple[Channel, ...] = from_text(locked.plan_text).steps[locked.call.step].channels
    choice = choose_channels(people.read_person(locked.person), StepKind.CALL, channels, at)
    return choice.reason if isinstance(choice, Ineligible) else None


async def _reached_elsewhere(session: Session, call: ListedCall) -> WithheldReason | None:
    """Say so where the person was called already, as another registration of theirs. Raises Problem."""
    step = call.wave_id, call.registration_id, call.step
    others = (await contacts.same_step_of_merged(session, [step])).get(step, frozenset())
    others |= (await calls.effects_of_other_calls(session, [_about(call)])).get(call.contact_id, set())
    if OtherContact.UNDER_WAY in others:
        raise Problem(409, "Somebody else is calling this person just now.", code="claimed")
    if OtherContact.REACHED in others:
        return WithheldReason.MERGED
    return WithheldReason.ALREADY_CONTACTED if OtherContact.CALLED in others else None


def _about(call: ListedCall) -> tuple[UUID, UUID, UUID]:
    return call.contact_id, call.wave_id, call.registration_id


async def find_owner(dependencies: Dependencies, contact_id: UUID) -> UUID:
    async with dependencies.database.transaction() as session:
        found = await calls.find(session, contact_id)
    if found is None:
        raise unknown_call()
    return found.registration_id


async def load_key(dependencies: Dependencies, registration_id: UUID) -> DataKey:
    keys = await dependencies.keyring.read([registration_id])
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
