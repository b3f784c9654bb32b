"""Record withdrawals and contact restrictions that a citizen states during a call."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from contracts.events.outreach import CallConcluded
from contracts.events.vocabulary import AgeBand, BarReason, CallOutcome, Purpose
from kit.database.database import Session
from kit.runtime.clock import Clock
from services.registration.domain.audit_stamp import AuditStamp
from services.registration.domain.combined_consents import entries
from services.registration.domain.consent import ToldBy, Withdrawn, WithdrawnBy
from services.registration.events import EventSubject
from services.registration.store import consents, people, person_links
from services.registration.store.people import RegistrationRow
from services.registration.use_cases.record_consent import withdraw
from services.registration.use_cases.restrict_contact import restrict_contact

_LONGEST_CALL: Final = timedelta(minutes=15)  # the lease of a call in outreach


async def record(session: Session, calls: Sequence[CallConcluded], clock: Clock) -> None:
    """Record withdrawals and wishes not to be contacted. Ignore other call outcomes."""
    for call in calls:
        if call.outcome not in {CallOutcome.WITHDRAWS_CONSENT, CallOutcome.DO_NOT_CONTACT}:
            continue
        for person in await _lock_called(session, call):
            at = await people.record_time(session, [person.id], await session.read_time(clock))
            stamp = AuditStamp(at, call.concluded_by or "outreach")
            if call.outcome is CallOutcome.DO_NOT_CONTACT:
                about = EventSubject.of(person)
                await restrict_contact(
                    session, about, BarReason.DO_NOT_CONTACT, stamp, key_of=person.id, why=None
                )
            else:
                await _withdraw(session, person, call, stamp)


async def _lock_called(session: Session, call: CallConcluded) -> list[RegistrationRow]:
    """Lock the called person, and who was linked to them during the call: nobody knows who answered."""
    named = await person_links.linked_at(session, call.registration_id, call.concluded_at, _LONGEST_CALL)
    locked = [await people.lock_person(session, one) for one in named]
    found = [one for one in locked if one is not None and one.forgotten_at is None]
    found.sort(key=lambda one: one.addressed == call.registration_id)  # of one person it is the one named
    return list({one.id: one for one in found}.values())


async def _withdraw(
    session: Session, person: RegistrationRow, call: CallConcluded, stamp: AuditStamp
) -> None:
    withdrawn = Withdrawn(Purpose.CONTACT, call.concluded_at, WithdrawnBy.CALL)
    facts = (await consents.ledgers(session, [person.id]))[person.id]
    if any(isinstance(entry, Withdrawn) and entry.is_said_as(withdrawn) for entry in entries(facts)):
        return
    told_by = ToldBy.GUARDIAN if person.age_band == AgeBand.UNDER_15 else ToldBy.PERSON
    await withdraw(session, person, withdrawn, stamp, told_by=told_by)
