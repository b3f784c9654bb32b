"""Whoever is registered again says something about the same person: consents and wishes join the first's."""

from collections.abc import Sequence

from contracts.events.ids import RegistrationId
from contracts.events.vocabulary import AgeBand, RegistrationPlace
from contracts.wire.event import Event
from kit.database import outbox
from kit.database.database import Session
from services.registration.domain.audit_stamp import AuditStamp
from services.registration.domain.combined_consents import entries, fold
from services.registration.domain.consent import Given
from services.registration.domain.incident import Incident
from services.registration.events import EventSubject, consent_change_events
from services.registration.store import consents, people
from services.registration.store.rows import SealedPerson, given_row
from services.registration.use_cases.restrict_contact import restrict_contact


async def merge_consents(
    session: Session,
    incident: Incident,
    repeated: Sequence[tuple[RegistrationId, SealedPerson]],
    stamp: AuditStamp,
) -> None:
    """Add a repeat's new consents to the first's ledger, and tell what that changes."""
    ledgers = await consents.ledgers(session, sorted({first for first, _ in repeated}))
    children = await people.children_among(session, ledgers)
    rows: list[Sequence[object]] = []
    events: list[Event] = []
    states = {first: fold(ledger) for first, ledger in ledgers.items()}
    for first, one in repeated:
        known = {entry.terms for entry in entries(ledgers[first]) if isinstance(entry, Given)}
        news = [consent for consent in one.consents if consent.given.terms not in known]
        child = first in children or one.person.age_band is AgeBand.UNDER_15
        for consent in news:  # of a child the other guardian may have refused: a person decides
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
    await outbox.emit(session, events)


async def copy_restrictions(
    session: Session, repeated: Sequence[tuple[RegistrationId, SealedPerson]], stamp: AuditStamp
) -> None:
    """Let a repeat's wish not to be contacted hold for the person."""
    for first, one in repeated:
        for reason in one.person.contact_restrictions:
            person = await people.lock_person(session, first)
            if person is not None:
                await restrict_contact(session, person, reason, stamp, key_of=one.id, why=None)
