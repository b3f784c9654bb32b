"""A person and their consents as rows and events: sealed, everything else in clear."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from contracts.event import Sealed
from contracts.ids import ConsentId, IncidentId, RegistrationId
from contracts.personal import CONTACT, IDENTITY, NOTE
from contracts.registration import ConsentFact, ConsentGiven, PersonRegistered
from contracts.vocabulary import Purpose
from kit.ids import new_id
from kit.sealing import DataKey
from services.registration.domain.consent import Consents, Given, NewConsent, documentation_of, fold
from services.registration.domain.incident import Incident
from services.registration.domain.person import NewPerson


@dataclass(frozen=True, slots=True)
class Recorded:
    """When a fact was written down, and by whom."""

    at: datetime
    by: str


@dataclass(frozen=True, slots=True)
class SealedConsent:
    given: Given
    documentation: Sealed


@dataclass(frozen=True, slots=True)
class SealedPerson:
    id: RegistrationId
    person: NewPerson
    identity: Sealed | None
    contact: Sealed
    note: Sealed | None
    consents: tuple[SealedConsent, ...]
    state: Consents


def seal(registration_id: RegistrationId, person: NewPerson, key: DataKey) -> SealedPerson:
    consents = tuple(seal_consent(new, key) for new in person.consents)
    return SealedPerson(
        id=registration_id,
        person=person,
        identity=key.seal(IDENTITY, person.identity) if person.identity else None,
        contact=key.seal(CONTACT, person.contact),
        note=key.seal(NOTE, person.note) if person.note else None,
        consents=consents,
        state=fold([one.given for one in consents]),
    )


def seal_consent(new: NewConsent, key: DataKey) -> SealedConsent:
    consent_id = ConsentId(new_id())
    documentation = key.seal(documentation_of(consent_id), new.documentation)
    return SealedConsent(Given(consent_id, new.terms), documentation)


def registration_row(
    incident_id: IncidentId, one: SealedPerson, repeat_of: RegistrationId | None
) -> tuple[object, ...]:
    """In the order of store.REGISTRATION_COLUMNS."""
    person = one.person
    return (
        one.id,
        incident_id,
        repeat_of,
        person.role,
        person.place,
        person.presence,
        person.registered_at,
        person.registered_by,
        person.language,
        person.interpreter,
        person.age_band,
        person.channels,
        one.identity,
        one.contact,
        one.note,
        one.state.until(Purpose.REGISTRATION),
        one.state.until(Purpose.CONTACT),
    )


def given_rows(
    one: SealedPerson, registration_id: RegistrationId, recorded: Recorded
) -> Iterator[tuple[object, ...]]:
    return (given_row(consent, registration_id, one.id, recorded) for consent in one.consents)


def given_row(
    consent: SealedConsent, registration_id: RegistrationId, key_of: RegistrationId, recorded: Recorded
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
        key_of,
        consent.documentation,
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
        identity=one.identity,
        contact=one.contact,
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
    )
