"""Bars on contact: put up, lifted, carried over. The caller holds the row of who speaks for the person."""

import asyncpg

from contracts.events.ids import RegistrationId
from contracts.events.registration import ContactBarLifted, ContactBarred
from contracts.events.vocabulary import BarReason
from contracts.wire.sealed import Sealed
from kit.database import outbox
from kit.database.database import Session
from kit.runtime.ids import new_id
from services.registration.domain.audit_stamp import AuditStamp
from services.registration.store import contact_restrictions


async def restrict_contact(
    session: Session,
    person: asyncpg.Record,
    reason: BarReason,
    stamp: AuditStamp,
    *,
    key_of: RegistrationId,
    why: Sealed | None,
) -> bool:
    """Tell if contact was not barred for this reason before. `why` is sealed with the key of `key_of`."""
    added = await contact_restrictions.add(
        session, new_id(), person["id"], reason, key_of=key_of, at=stamp.at, by=stamp.by, why=why
    )
    if added:
        event = ContactBarred(
            incident_id=person["incident_id"],
            exercise=person["exercise"],
            registration_id=person["id"],
            reason=reason,
            barred_at=stamp.at,
        )
        await outbox.emit(session, [event])
    return added


async def lift_restriction(
    session: Session, person: asyncpg.Record, reason: BarReason, stamp: AuditStamp, why: Sealed
) -> bool:
    """Tell if contact was barred for this reason."""
    lifted = await contact_restrictions.lift(session, person["id"], reason, stamp.at, stamp.by, why)
    if lifted:
        event = ContactBarLifted(
            incident_id=person["incident_id"],
            exercise=person["exercise"],
            registration_id=person["id"],
            reason=reason,
            lifted_at=stamp.at,
        )
        await outbox.emit(session, [event])
    return lifted


async def carry_over(
    session: Session, survivor: asyncpg.Record, merged: RegistrationId, stamp: AuditStamp
) -> None:
    """Let what bars contact with a registration bar it with the one that speaks for both from now on."""
    for one in await contact_restrictions.standing(session, merged):
        reason = BarReason(one["reason"])
        await restrict_contact(session, survivor, reason, stamp, key_of=one["key_of"], why=one["barred_why"])
