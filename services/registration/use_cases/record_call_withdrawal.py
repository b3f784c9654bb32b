"""Record withdrawals and contact restrictions that a citizen states during a call."""

from collections.abc import Sequence

from contracts.events.outreach import CallConcluded
from contracts.events.vocabulary import AgeBand, BarReason, CallOutcome, Purpose
from kit.database.database import Session
from kit.runtime.clock import Clock
from services.registration.domain.audit_stamp import AuditStamp
from services.registration.domain.combined_consents import entries
from services.registration.domain.consent import ToldBy, Withdrawn, WithdrawnBy
from services.registration.events import EventSubject
from services.registration.store import consents, people
from services.registration.store.people import RegistrationRow
from services.registration.use_cases.record_consent import withdraw
from services.registration.use_cases.restrict_contact import restrict_contact


async def record(session: Session, calls: Sequence[CallConcluded], clock: Clock) -> None:
    """Record withdrawals and wishes not to be contacted. Ignore other call outcomes."""
    for call in calls:
        if call.outcome not in {CallOutcome.WITHDRAWS_CONSENT, CallOutcome.DO_NOT_CONTACT}:
            continue
        person = await people.lock_person(session, call.registration_id)
        if person is None or person.forgotten_at is not None:
            continue
        at = await people.record_time(session, [person.id], await session.read_time(clock))
        stamp = AuditStamp(at, call.concluded_by or "outreach")
        if call.outcome is CallOutcome.DO_NOT_CONTACT:
            about, reason, named = EventSubject.of(person), BarReason.DO_NOT_CONTACT, person.addressed
            await restrict_contact(session, about, reason, stamp, key_of=person.id, why=None, named=named)
        else:
            await _withdraw(session, person, call, stamp)


async def _withdraw(
    session: Session, person: RegistrationRow, call: CallConcluded, stamp: AuditStamp
) -> None:
    withdrawn = Withdrawn(Purpose.CONTACT, call.concluded_at, WithdrawnBy.CALL)
    facts = (await consents.ledgers(session, [person.id]))[person.id]
    if any(isinstance(entry, Withdrawn) and entry.is_said_as(withdrawn) for entry in entries(facts)):
        return
    told_by = ToldBy.GUARDIAN if person.age_band == AgeBand.UNDER_15 else ToldBy.PERSON
    await withdraw(session, person, withdrawn, stamp, told_by=told_by)
