"""Build rows of people and consents. Personal data is sealed; everything else is plain."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from contracts.events.ids import ConsentId, IncidentId, RegistrationId
from contracts.events.personal import (
    CIRCUMSTANCES,
    CONTACT,
    IDENTITY,
    NOTE,
    Circumstances,
    ContactDetails,
    Identity,
    Note,
)
from contracts.events.vocabulary import AgeBand, Channel, Presence, Purpose, Role
from contracts.wire.sealed import Sealed
from kit.privacy.sealing import DataKey
from kit.runtime.ids import new_id
from services.registration.domain.audit_stamp import AuditStamp
from services.registration.domain.consent import Consents, Given, NewConsent, documentation_of, fold
from services.registration.domain.person import NewPerson, Particulars
from services.registration.store.people import INDEX_VERSION, ParticularsRow


@dataclass(frozen=True, slots=True)
class SealedConsent:
    given: Given
    documentation: Sealed
    device_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class SealedParticulars:
    identity: Sealed | None
    contact: Sealed
    note: Sealed | None
    circumstances: Sealed | None


@dataclass(frozen=True, slots=True)
class SealedPerson:
    id: RegistrationId
    person: NewPerson
    sealed: SealedParticulars
    consents: tuple[SealedConsent, ...]
    state: Consents


def seal(registration_id: RegistrationId, person: NewPerson, key: DataKey) -> SealedPerson:
    consents = tuple(seal_consent(new, key) for new in person.consents)
    return SealedPerson(
        id=registration_id,
        person=person,
        sealed=seal_particulars(person, key),
        consents=consents,
        state=fold([one.given for one in consents]),
    )


def seal_particulars(person: Particulars, key: DataKey) -> SealedParticulars:
    return SealedParticulars(
        identity=key.seal(IDENTITY, person.identity) if person.identity else None,
        contact=key.seal(CONTACT, person.contact),
        note=key.seal(NOTE, person.note) if person.note else None,
        circumstances=key.seal(CIRCUMSTANCES, person.circumstances) if person.circumstances else None,
    )


def particulars_of(row: ParticularsRow, key: DataKey) -> Particulars:
    """Decrypt a row of registration or person_version."""
    return Particulars(
        role=Role(row.role),
        presence=Presence(row.presence),
        language=row.language,
        interpreter=row.interpreter,
        age_band=AgeBand(row.age_band),
        channels=tuple(Channel(channel) for channel in row.channels),
        preferred_channel=Channel(row.preferred_channel) if row.preferred_channel else None,
        identity=key.open(IDENTITY, row.identity, Identity) if row.identity else None,
        contact=key.open(CONTACT, row.contact, ContactDetails),
        note=key.open(NOTE, row.note, Note) if row.note else None,
        circumstances=key.open(CIRCUMSTANCES, row.circumstances, Circumstances)
        if row.circumstances
        else None,
    )


def seal_consent(new: NewConsent, key: DataKey) -> SealedConsent:
    consent_id = ConsentId(new_id())
    documentation = key.seal(documentation_of(consent_id), new.documentation)
    undated = new.device_at is not None
    given = Given(consent_id, new.terms, documentation, dated_by_receipt=undated)
    return SealedConsent(given, documentation, new.device_at)


def registration_row(
    incident_id: IncidentId,
    one: SealedPerson,
    repeat_of: RegistrationId | None,
    within: RegistrationId | None = None,
) -> tuple[object, ...]:
    """Return the values in the order of store.people.REGISTRATION_COLUMNS."""
    person = one.person
    return (
        one.id,
        incident_id,
        repeat_of,
        within,
        person.place,
        person.registered_at,
        person.registered_by,
        one.state.until(Purpose.REGISTRATION),
        one.state.until(Purpose.CONTACT),
        INDEX_VERSION,
        person.device_at,
        *particulars_row(person, one.sealed),
    )


def particulars_row(person: Particulars, sealed: SealedParticulars) -> tuple[object, ...]:
    """Return the values in the order of store.people.PARTICULARS."""
    return (
        person.role,
        person.presence,
        person.language,
        person.interpreter,
        person.age_band,
        person.channels,
        person.preferred_channel,
        sealed.identity,
        sealed.contact,
        sealed.note,
        sealed.circumstances,
    )


def restriction_rows(one: SealedPerson, stamp: AuditStamp) -> Iterator[tuple[object, ...]]:
    """Yield the rows for store.contact_restrictions.insert_restrictions."""
    return (
        (new_id(), one.id, reason, one.id, stamp.at, stamp.by, None)
        for reason in one.person.contact_restrictions
    )


def given_rows(
    one: SealedPerson, registration_id: RegistrationId, stamp: AuditStamp
) -> Iterator[tuple[object, ...]]:
    return (given_row(consent, registration_id, one.id, stamp) for consent in one.consents)


def given_row(
    consent: SealedConsent,
    registration_id: RegistrationId,
    key_of: RegistrationId,
    stamp: AuditStamp,
    *,
    unconfirmed: bool = False,
) -> tuple[object, ...]:
    """Return the values in the order of store.consents.GIVEN_COLUMNS."""
    terms = consent.given.terms
    return (
        consent.given.consent_id,
        registration_id,
        "given",
        terms.purpose,
        terms.at,
        stamp.at,
        stamp.by,
        terms.channels,
        terms.expires_at,
        terms.wording,
        terms.language,
        terms.obtained,
        terms.form_number,
        terms.authorities,
        key_of,
        consent.documentation,
        unconfirmed,
        consent.device_at,
    )
