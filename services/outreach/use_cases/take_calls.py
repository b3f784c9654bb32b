"""Claim calls. Consent is checked again before each claim."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any
from uuid import UUID

from contracts.events.audit import PersonalDataSeen
from contracts.events.personal import CONTACT, RECIPIENT, ContactDetails, Recipient
from contracts.events.vocabulary import AgeBand, Channel, StepKind, WithheldReason
from contracts.wire.error_codes import ErrorCode
from contracts.wire.errors import FieldError
from contracts.wire.event import Event
from kit.database import outbox
from kit.database.database import Session
from kit.http.web import Problem
from kit.privacy.sealing import DataKey
from services.outreach.dependencies import Dependencies
from services.outreach.domain.contact import ContactState, OtherContact
from services.outreach.domain.eligibility import Ineligible, calling_authority, choose_channels
from services.outreach.domain.wave import WaveState
from services.outreach.events import withheld_events
from services.outreach.plans.files import from_text
from services.outreach.store import calls, contacts, linked_people, people, waves
from services.outreach.store.calls import CallListEntry, ListedCall, SealedCallListEntry
from services.outreach.store.people import LockedPerson

_SHOWN = tuple(column.name for column in fields(CallListEntry))


@dataclass(frozen=True, slots=True)
class OpenedCall:
    contact_id: UUID
    epoch: int
    lease_until: datetime
    language: str
    contact: ContactDetails
    protected: bool
    child: bool  # call the guardian who consented


@dataclass(frozen=True, slots=True)
class LockedCall:
    """A call with its wave and person, all locked. `primaries`: as linked_people.load_linked returns them."""

    call: ListedCall
    wave_state: WaveState
    plan_text: str
    person: LockedPerson
    primaries: Mapping[UUID, UUID]


async def claimable(session: Session, rows: Sequence[SealedCallListEntry]) -> list[SealedCallListEntry]:
    """Return the rows without those of people who have no home and whom the holder may not call either."""
    found = await people.load(session, [row.registration_id for row in rows])
    known = {registration_id: people.read_person(row) for registration_id, row in found.items()}
    return [
        row
        for row in rows
        if known[row.registration_id].municipality or calling_authority(known[row.registration_id])
    ]


async def with_preferred_times(
    dependencies: Dependencies, rows: Sequence[SealedCallListEntry]
) -> list[dict[str, Any]]:
    """Return the rows of a call list with the preferred time of each person.

    Nothing else of the sealed contact details is shown before a claim.
    """
    keys = await dependencies.keyring.read([row.registration_id for row in rows])
    found = []
    for row in rows:
        line, key = {name: getattr(row, name) for name in _SHOWN}, keys.get(row.registration_id)
        contact = key.open(CONTACT, row.contact, ContactDetails) if key and row.contact else None
        found.append({**line, "preferred_time": contact.preferred_time if contact else None})
    return found


async def claim_call(dependencies: Dependencies, contact_id: UUID, by: str, authority: str) -> OpenedCall:
    """Claim a call from the list of an authority and open the contact details. Raise Problem.

    The access is recorded in the same transaction. A call that has left the list is not opened.
    """
    key = await load_key(dependencies, await find_owner(dependencies, contact_id))
    async with dependencies.database.transaction() as session:
        locked = await lock_call(session, contact_id)
        at = await people.record_time(session, locked.primaries, dependencies.clock)
        await _refuse_unlisted(session, locked)
        _refuse_other_list(locked, authority)
        if locked.wave_state is WaveState.PAUSED:
            raise Problem(409, "The wave is paused. Wait until it is resumed.", code="paused")
        why = _why_not(locked, at) or await _reached_elsewhere(session, locked.call)
        if why is None:
            return await _claim(session, dependencies, locked, key, by, at)
        stopped = await contacts.withhold(session, [contact_id], why)
        await outbox.emit(session, withheld_events(stopped, at))
    raise Problem(
        409,
        "This person must not be called any more. The call was taken off the list.",
        errors=[FieldError("contact_id", ErrorCode.CALL_WITHHELD, reason=why)],
        code=why,
    )


async def _claim(
    session: Session, dependencies: Dependencies, locked: LockedCall, key: DataKey, by: str, at: datetime
) -> OpenedCall:
    call, person = locked.call, locked.person
    claimed = await calls.claim(session, call.contact_id, by, dependencies.call_lease)
    if claimed is None:
        raise Problem(409, "Somebody else has claimed this call. Take another one.", code="claimed")
    is_claimed = OpenedCall(
        call.contact_id,
        claimed.epoch,
        claimed.lease_until,
        person.language,
        open_contact(key, person.contact),
        protected=open_recipient(key, person.recipient).protected,
        child=person.age_band == AgeBand.UNDER_15,
    )
    await outbox.emit(session, [_seen(call, by, at)])
    return is_claimed


def unknown_call() -> Problem:
    return Problem(
        404,
        "Unknown call. Check the id.",
        errors=[FieldError("contact_id", ErrorCode.UNKNOWN)],
        code="unknown-call",
    )


async def lock_call(session: Session, contact_id: UUID) -> LockedCall:
    """Lock the wave, all linked registrations of the person and the contact, in that order."""
    found = await calls.find(session, contact_id)
    if found is None:
        raise unknown_call()
    wave = (await waves.lock_shared(session, [found.wave_id]))[found.wave_id]
    primaries, rows = await linked_people.lock_linked(session, [found.registration_id])
    person = rows.get(found.registration_id)
    call = await calls.lock(session, contact_id)
    if call is None or person is None:
        raise unknown_call()
    return LockedCall(call, WaveState(wave.state), wave.plan_text, person, primaries)


async def _refuse_unlisted(session: Session, locked: LockedCall) -> None:
    call = locked.call
    if call.state == ContactState.LISTED:
        return
    live = await calls.lock_live_calls(session, locked.primaries)
    if any(other.is_claimed and other.incident_id == call.incident_id for other in live):
        raise Problem(
            409, "Somebody else is calling this person just now. Take another call.", code="claimed"
        )
    raise Problem(
        409,
        f"This call is {call.state}. Take another one.",
        errors=[FieldError("contact_id", ErrorCode.CALL_NOT_LISTED, state=call.state)],
        code="not-listed",
    )


def _refuse_other_list(locked: LockedCall, authority: str) -> None:
    """Refuse a call of another authority, or of a person whose authority is being decided."""
    if locked.call.authority != authority:
        raise Problem(
            409,
            "Another authority is responsible for this person now. The call is on its list.",
            errors=[FieldError("authority", ErrorCode.NOT_RESPONSIBLE)],
            code="moved",
        )
    if calling_authority(people.read_person(locked.person)) is None:
        raise Problem(
            409,
            "The authority of this person is being decided. The call is listed again after that.",
            code="being-decided",
        )


def _why_not(locked: LockedCall, at: datetime) -> WithheldReason | None:
    if at >= locked.call.not_after:
        return WithheldReason.WINDOW_CLOSED
    channels: tuple[Channel, ...] = from_text(locked.plan_text).steps[locked.call.step].channels
    choice = choose_channels(people.read_person(locked.person), StepKind.CALL, channels, at)
    return choice.reason if isinstance(choice, Ineligible) else None


async def _reached_elsewhere(session: Session, call: ListedCall) -> WithheldReason | None:
    """Return why another contact to the person rules this call out. Raise Problem if one is under way."""
    step = call.wave_id, call.registration_id, call.step
    others = (await contacts.same_step_of_merged(session, [step])).get(step, frozenset())
    others |= (await calls.effects_of_other_calls(session, [_about(call)])).get(call.contact_id, set())
    if OtherContact.UNDER_WAY in others:
        raise Problem(
            409, "Somebody else is calling this person just now. Take another call.", code="claimed"
        )
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
        raise _erased()
    return keys[registration_id]


def open_contact(key: DataKey, sealed: bytes | None) -> ContactDetails:
    """Open contact details. Raise Problem if they were erased after the key was loaded."""
    if sealed is None:
        raise _erased()
    return key.open(CONTACT, sealed, ContactDetails)


def _erased() -> Problem:
    return Problem(410, "This person has been erased. Nothing can be opened.", code="forgotten")


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
