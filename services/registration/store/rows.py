"""A person and their consents as rows and events: sealed, everything else in clear."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

import asyncpg

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
from contracts.events.registration import ConsentFact, ConsentGiven, PersonCorrected, PersonRegistered
from contracts.events.vocabulary import AgeBand, Channel, Presence, Purpose, Role
from contracts.wire.sealed import Sealed
from kit.privacy.sealing import DataKey
from kit.runtime.ids import new_id
from services.registration.domain.consent import Consents, Given, NewConsent, documentation_of, fold
from services.registration.domain.incident import Incident
from services.registration.domain.person import NewPerson, Particulars
from services.registration.store.people import INDEX_VERSION


@dataclass(frozen=True, slots=True)
class Recorded:
    """When a fact was written down, and by whom."""

    at: datetime
    by: str


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


def particulars_of(row: asyncpg.Record, key: DataKey) -> Particulars:
    """Open a row of registration, or of what a correction replaced."""
    preferred = row["preferred_channel"]
    circumstances = row["circumstances"]
    return Particulars(
        role=Role(row["role"]),
        presence=Presence(row["presence"]),
        language=row["language"],
        interpreter=row["interpreter"],
        age_band=AgeBand(row["age_band"]),
        channels=tuple(Channel(channel) for channel in row["channels"]),
        preferred_channel=Channel(preferred) if preferred else None,
        identity=key.open(IDENTITY, row["identity"], Identity) if row["identity"] else None,
        contact=key.open(CONTACT, row["contact"], ContactDetails),
        note=key.open(NOTE, row["note"], Note) if row["note"] else None,
        circumstances=key.open(CIRCUMSTANCES, circumstances, Circumstances) if circumstances else None,
    )


def seal_consent(new: NewConsent, key: DataKey) -> SealedConsent:
    consent_id = ConsentId(new_id())
    documentation = key.seal(documentation_of(consent_id), new.documentation)
    undated = new.device_at is not None
    given = Given(consent_id, new.terms, documentation, dated_by_receipt=undated)
    return SealedConsent(given, documentation, new.device_at)


def registration_row(
    incident_id: IncidentId, one: SealedPerson, repeat_of: RegistrationId | None
) -> tuple[object, ...]:
    """In the order of store.people.REGISTRATION_COLUMNS."""
    person = one.person
    return (
        one.id,
        incident_id,
        repeat_of,
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
    """In the order of store.people.PARTICULARS."""
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


def bar_rows(one: SealedPerson, recorded: Recorded) -> Iterator[tuple[object, ...]]:
    """Give the rows of store.bars.insert_bars."""
    return ((new_id(), one.id, reason, one.id, recorded.at, recorded.by, None) for reason in one.person.bars)


def given_rows(
    one: SealedPerson, registration_id: RegistrationId, recorded: Recorded
) -> Iterator[tuple[object, ...]]:
    return (given_row(consent, registration_id, one.id, recorded) for consent in one.consents)


def given_row(
    consent: SealedConsent,
    registration_id: RegistrationId,
    key_of: RegistrationId,
    recorded: Recorded,
    *,
    unconfirmed: bool = False,
) -> tuple[object, ...]:
    """In the order of store.GIVEN_COLUMNS."""
    terms = consent.given.terms
    return (
        consent.given.consent_id,
        registration_id,
        "given",
        terms.purpose,
        terms.at,
        recorded.at,
        recorded.by,
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


def person_registered(incident: Incident, one: SealedPerson) -> PersonRegistered:
    person = one.person
    return PersonRegistered(
        incident_id=incident.id,
        exercise=incident.exercise,
        registration_id=one.id,
        role=person.role,
        place=person.place,
        registered_at=person.registered_at,
        language=person.language,
        age_band=person.age_band,
        channels=person.channels,
        consents=tuple(consent_fact(consent.given) for consent in one.consents),
        identity=one.sealed.identity,
        contact=one.sealed.contact,
        circumstances=one.sealed.circumstances,
        preferred_channel=person.preferred_channel,
        bars=person.bars,
    )


def person_corrected(
    row: asyncpg.Record, now: Particulars, sealed: SealedParticulars, changed: tuple[str, ...], at: datetime
) -> PersonCorrected:
    return PersonCorrected(
        incident_id=row["incident_id"],
        exercise=row["exercise"],
        registration_id=row["id"],
        role=now.role,
        language=now.language,
        age_band=now.age_band,
        channels=now.channels,
        identity=sealed.identity,
        contact=sealed.contact,
        circumstances=sealed.circumstances,
        preferred_channel=now.preferred_channel,
        changed=changed,
        corrected_at=at,
    )


def consent_given(
    incident_id: IncidentId, registration_id: RegistrationId, given: Given, *, exercise: bool
) -> ConsentGiven:
    return ConsentGiven(
        incident_id=incident_id,
        exercise=exercise,
        registration_id=registration_id,
        consent=consent_fact(given),
    )


def consent_fact(given: Given) -> ConsentFact:
    terms = given.terms
    return ConsentFact(
        consent_id=given.consent_id,
        purpose=terms.purpose,
        channels=terms.channels,
        given_at=terms.at,
        expires_at=terms.expires_at,
        authorities=terms.authorities,
        wording=terms.wording,
        language=terms.language,
        obtained=terms.obtained,
        form_number=terms.form_number,
        documentation=given.documentation,
        sealed_for=given.sealed_for,
    )
