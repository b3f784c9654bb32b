"""Add the consents and contact restrictions of a repeated registration to the first one."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from uuid import UUID

from contracts.events.ids import RegistrationId
from contracts.events.registration import RegistrationEvent
from contracts.events.vocabulary import AgeBand, RegistrationPlace
from kit.database.database import Session
from kit.privacy.sealing import DataKey
from services.registration.domain.audit_stamp import AuditStamp
from services.registration.domain.combined_consents import entries, fold
from services.registration.domain.consent import Given
from services.registration.domain.incident import Incident
from services.registration.events import EventSubject, consent_change_events
from services.registration.resources import Resources
from services.registration.store import consents, people
from services.registration.store.rows import SealedPerson, given_row
from services.registration.use_cases.emit_events import emit_person_events
from services.registration.use_cases.publish_person import publish_linked
from services.registration.use_cases.restrict_contact import restrict_contact


async def merge_consents(
    session: Session,
    incident: Incident,
    repeated: Sequence[tuple[RegistrationId, SealedPerson]],
    stamp: AuditStamp,
) -> None:
    """Add new consents of repeats to the ledgers of the first registrations. Emit the changes."""
    ledgers = await consents.ledgers(session, sorted({first for first, _ in repeated}))
    children = await people.children_among(session, ledgers)
    rows: list[Sequence[object]] = []
    events: list[RegistrationEvent] = []
    states = {first: fold(ledger) for first, ledger in ledgers.items()}
    for first, one in repeated:
        given = [entry for entry in entries(ledgers[first]) if isinstance(entry, Given)]
        known = [entry.terms for entry in given if entry.sealed_for == one.id]
        news = [consent for consent in one.consents if consent.given.terms not in known]
        child = first in children or one.person.age_band is AgeBand.UNDER_15
        for consent in news:  # for a child the other guardian may have refused, so a person decides
            undoes = not child and one.person.place is not RegistrationPlace.SELF
            counts = undoes or not states[first].refused(consent.given.terms.purpose)
            if consent.given.dated_by_receipt:  # it may be older than the withdrawal
                counts = counts and states[first].stands(consent.given)
            rows.append(given_row(consent, first, one.id, stamp, unconfirmed=not counts))
            if counts:
                ledgers[first].append(consent.given)
        before, states[first] = states[first], fold(ledgers[first])
        about = EventSubject(incident.id, first, incident.exercise)
        events.extend(consent_change_events(about, before, states[first], stamp.at))
    await consents.insert_given(session, rows)
    await consents.write_states(session, states)
    await emit_person_events(session, events)


async def publish_guardians(
    session: Session,
    resources: Resources,
    repeated: Sequence[tuple[RegistrationId, SealedPerson]],
    keys: Mapping[UUID, DataKey | None],
    stamp: AuditStamp,
) -> None:
    """Publish people at once whose repeat names a guardian: a call about a child is a call to them.

    `keys`: those of all registrations. All others are published soon by workers/golden_record.py.
    """
    known = {one: key for one, key in keys.items() if key is not None}
    firsts = {first for first, one in repeated if one.person.contact.guardian and first in known}
    if firsts:
        await publish_linked(session, resources, sorted(firsts), known, stamp.at)


async def copy_restrictions(
    session: Session, repeated: Sequence[tuple[RegistrationId, SealedPerson]], stamp: AuditStamp
) -> None:
    """Apply the contact restrictions of repeats to their persons."""
    for first, one in repeated:
        for reason in one.person.contact_restrictions:
            person = await people.lock_person(session, first)
            if person is not None:
                now = replace(stamp, at=await people.record_time(session, [person.id], stamp.at))
                await restrict_contact(session, EventSubject.of(person), reason, now, key_of=one.id, why=None)
