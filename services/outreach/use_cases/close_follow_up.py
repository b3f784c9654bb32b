"""Open a follow-up for the acting authority, and close it with a reason."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from contracts.events.audit import PersonalDataSeen
from contracts.events.personal import CONTACT, NOTE, RECIPIENT, ContactDetails, Note
from contracts.events.vocabulary import AgeBand, WithheldReason
from contracts.wire.error_codes import ErrorCode
from contracts.wire.errors import FieldError
from kit.database import outbox
from kit.database.database import Session
from kit.http.web import Problem
from services.outreach.dependencies import Dependencies
from services.outreach.domain.eligibility import why_not_contactable
from services.outreach.store import follow_ups, people
from services.outreach.store.follow_ups import FollowUp
from services.outreach.use_cases.take_calls import load_key, open_contact, open_recipient


@dataclass(frozen=True, slots=True)
class OpenedFollowUp:
    """A follow-up with the contact details. `hindrance`: why the person may not be contacted, if so."""

    follow_up: FollowUp
    contact: ContactDetails
    protected: bool
    note: str | None
    hindrance: WithheldReason | None
    child: bool  # contact the guardian who consented


async def open_follow_up(
    dependencies: Dependencies, follow_up_id: UUID, by: str, authority: str
) -> OpenedFollowUp:
    """Open the contact details and the note of a follow-up, and record the access. Raise Problem."""
    key = await load_key(dependencies, await _find_owner(dependencies, follow_up_id))
    async with dependencies.database.transaction() as session:
        found = await _lock(session, follow_up_id, authority)
        at = await session.read_time(dependencies.clock)
        person = (await people.lock(session, [found.registration_id]))[found.registration_id]
        seen = PersonalDataSeen(
            incident_id=found.incident_id,
            exercise=found.exercise,
            registration_id=found.registration_id,
            actor=by,
            field_sets=(CONTACT, RECIPIENT, NOTE),
            purpose="follow_up",
            seen_at=at,
        )
        await outbox.emit(session, [seen])
    return OpenedFollowUp(
        found,
        open_contact(key, person.contact),
        open_recipient(key, person.recipient).protected,
        key.open(NOTE, found.note, Note).text if found.note else None,
        why_not_contactable(people.read_person(person), at),
        person.age_band == AgeBand.UNDER_15,
    )


async def close_follow_up(
    dependencies: Dependencies, follow_up_id: UUID, by: str, authority: str, why: str
) -> datetime:
    """Close a follow-up. The reason is sealed, because it may describe the person. Raise Problem."""
    key = await load_key(dependencies, await _find_owner(dependencies, follow_up_id))
    async with dependencies.database.transaction() as session:
        await _lock(session, follow_up_id, authority)
        at = await session.read_time(dependencies.clock)
        await follow_ups.close(session, follow_up_id, by, key.seal(NOTE, Note(why)), at)
    return at


async def _find_owner(dependencies: Dependencies, follow_up_id: UUID) -> UUID:
    async with dependencies.database.transaction() as session:
        found = await follow_ups.find(session, follow_up_id)
    if found is None:
        raise _unknown()
    return found.registration_id


async def _lock(session: Session, follow_up_id: UUID, authority: str) -> FollowUp:
    found = await follow_ups.lock(session, follow_up_id)
    if found is None:
        raise _unknown()
    if found.authority != authority:
        raise Problem(
            409,
            "Another authority is responsible for this person now. The follow-up is on its list.",
            errors=[FieldError("authority", ErrorCode.NOT_RESPONSIBLE)],
            code="moved",
        )
    if found.closed_at is not None:
        raise Problem(409, "This follow-up is closed already. Reload the list.", code="closed-already")
    return found


def _unknown() -> Problem:
    return Problem(
        404,
        "Unknown follow-up. Check the id.",
        errors=[FieldError("follow_up_id", ErrorCode.UNKNOWN)],
        code="unknown-follow-up",
    )
