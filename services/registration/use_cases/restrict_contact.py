"""Add, lift and copy contact restrictions. The caller has locked the row of the first registration."""

from datetime import datetime

from contracts.events.ids import RegistrationId
from contracts.events.registration import ContactBarLifted, ContactBarred
from contracts.events.vocabulary import BarReason
from contracts.wire.sealed import Sealed
from kit.database.database import Session
from kit.runtime.ids import new_id
from services.registration.domain.audit_stamp import AuditStamp
from services.registration.events import EventSubject
from services.registration.store import contact_restrictions
from services.registration.store.people import RegistrationRow
from services.registration.use_cases.emit_events import emit_person_events


async def restrict_contact(
    session: Session,
    about: EventSubject,
    reason: BarReason,
    stamp: AuditStamp,
    *,
    key_of: RegistrationId,
    why: Sealed | None,
    named: RegistrationId | None = None,
) -> None:
    """Add a restriction to a person, and to the registration that was named: it may be split off later.

    `why` is sealed with the key of `key_of`.
    """
    for one in {named or about.registration_id, about.registration_id}:
        added = await contact_restrictions.add(
            session, new_id(), one, reason, key_of=key_of, at=stamp.at, by=stamp.by, why=why
        )
        if added and one == about.registration_id:
            await emit_person_events(session, [contact_barred(about, reason, stamp.at)])


def contact_barred(about: EventSubject, reason: BarReason, at: datetime) -> ContactBarred:
    return ContactBarred(
        incident_id=about.incident_id,
        exercise=about.exercise,
        registration_id=about.registration_id,
        reason=reason,
        barred_at=at,
    )


async def lift_restriction(
    session: Session, person: RegistrationRow, reason: BarReason, stamp: AuditStamp, why: Sealed
) -> bool:
    """Lift a restriction. Return whether there was one."""
    lifted = await contact_restrictions.lift(session, person.id, reason, stamp.at, stamp.by, why)
    if lifted:
        event = ContactBarLifted(
            incident_id=person.incident_id,
            exercise=person.exercise,
            registration_id=person.id,
            reason=reason,
            lifted_at=stamp.at,
        )
        await emit_person_events(session, [event])
    return lifted


async def carry_over(
    session: Session, survivor: EventSubject, merged: RegistrationId, stamp: AuditStamp
) -> None:
    """Copy the restrictions of a merged registration to the first one."""
    for one in await contact_restrictions.standing(session, merged):
        why = Sealed(one.barred_why) if one.barred_why else None
        await restrict_contact(session, survivor, BarReason(one.reason), stamp, key_of=one.key_of, why=why)
