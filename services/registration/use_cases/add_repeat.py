"""Add the consents and contact restrictions of a repeated registration to the first one."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final
from uuid import UUID

from contracts.events.ids import RegistrationId
from contracts.events.registration import RegistrationEvent
from contracts.events.vocabulary import AgeBand, Purpose, RegistrationPlace
from kit.database.database import Session
from kit.privacy.sealing import DataKey
from services.registration.domain.audit_stamp import AuditStamp
from services.registration.domain.combined_consents import entries, fold
from services.registration.domain.consent import Given
from services.registration.domain.incident import Incident
from services.registration.domain.person import with_guardian
from services.registration.events import EventSubject, consent_change_events
from services.registration.resources import Resources
from services.registration.store import consents, people
from services.registration.store.people import RegistrationRow
from services.registration.store.rows import SealedPerson, given_row, particulars_of
from services.registration.use_cases.correct_person import correct
from services.registration.use_cases.emit_events import emit_person_events
from services.registration.use_cases.restrict_contact import restrict_contact

_AGAIN: Final = "the guardian has consented in another registration of the child"


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
        known = {entry.terms for entry in entries(ledgers[first]) if isinstance(entry, Given)}
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


async def name_guardians(
    session: Session,
    resources: Resources,
    repeated: Sequence[tuple[RegistrationId, SealedPerson]],
    keys: Mapping[UUID, DataKey | None],
    stamp: AuditStamp,
) -> None:
    """Name the guardian who consented last for a child registered again: a call is a call to them.

    `keys`: those of the first registrations. Anybody can write to the public page: it replaces no guardian
    whom the office has named.
    """
    for first, one in repeated:
        if one.person.contact.guardian is None:
            continue
        person = await people.lock_person(session, first)
        key = keys.get(person["id"]) if person else None
        if person is None or key is None:
            continue
        held = particulars_of(person, key)
        by_public = one.person.place is RegistrationPlace.SELF and person["place"] != RegistrationPlace.SELF
        if by_public and held.contact.guardian is not None:
            continue
        if AgeBand.UNDER_15 in {held.age_band, one.person.age_band} and await _counts(session, person, one):
            contact = with_guardian(held.contact, one.person.consents)
            recorded = AuditStamp(await people.record_time(session, [person["id"]], stamp.at), stamp.by)
            new = replace(held, contact=contact)
            await correct(session, resources, person, new, key, recorded, _AGAIN, addressed=one.id)


async def _counts(session: Session, person: RegistrationRow, one: SealedPerson) -> bool:
    """Return whether the last consent to contact that stands is the repeat's."""
    ledger = (await consents.ledgers(session, [person["id"]]))[person["id"]]
    standing = [given for given in fold(ledger).standing if given.terms.purpose is Purpose.CONTACT]
    return bool(standing) and standing[-1].consent_id in {each.given.consent_id for each in one.consents}


async def copy_restrictions(
    session: Session, repeated: Sequence[tuple[RegistrationId, SealedPerson]], stamp: AuditStamp
) -> None:
    """Apply the contact restrictions of repeats to their persons."""
    for first, one in repeated:
        for reason in one.person.contact_restrictions:
            person = await people.lock_person(session, first)
            if person is not None:
                await restrict_contact(session, person, reason, stamp, key_of=one.id, why=None)
