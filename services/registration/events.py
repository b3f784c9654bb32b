"""Build registration's events from rows and decisions."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Self

from contracts.events.ids import IncidentId, RegistrationId
from contracts.events.registration import (
    ConsentFact,
    ConsentGiven,
    ConsentsRestated,
    ConsentWithdrawn,
    PersonCorrected,
    PersonForgotten,
    PersonMerged,
    PersonRegistered,
    PersonState,
    PersonUnmerged,
    RegistrationEvent,
    RelationFact,
    RelationsTold,
    Restriction,
)
from contracts.events.vocabulary import (
    AgeBand,
    BarReason,
    Channel,
    Purpose,
    RegistrationPlace,
    Relation,
    Role,
)
from services.registration.domain.consent import Consents, Given
from services.registration.domain.incident import Incident
from services.registration.domain.person import Particulars
from services.registration.domain.relation import RelationKind, word
from services.registration.store.people import RegistrationRow
from services.registration.store.person_links import LinkedRow
from services.registration.store.person_states import StatedPerson, StatedRelation
from services.registration.store.relations import RelationRow
from services.registration.store.retention import ErasedPerson
from services.registration.store.rows import SealedParticulars, SealedPerson


def person_state(row: StatedPerson, consents: Consents, relations: Sequence[StatedRelation]) -> PersonState:
    """Return the state of a person. Nothing sealed and no consent is left of an erased one."""
    erased = row.forgotten_at is not None
    return PersonState(
        role=Role(row.role),
        place=RegistrationPlace(row.place),
        registered_at=row.registered_at,
        language=row.language,
        age_band=AgeBand(row.age_band),
        channels=tuple([Channel(channel) for channel in row.channels]),
        preferred_channel=Channel(row.preferred_channel) if row.preferred_channel else None,
        identity=None if erased else row.identity,
        contact=None if erased else row.contact,
        circumstances=None if erased else row.circumstances,
        consents=tuple([consent_fact(given) for given in consents.standing]),
        withdrawn=consents.ended,
        restrictions=_last_restrictions(row),
        relations=tuple(
            [
                RelationFact(
                    registration_id=one.relative,
                    word=Relation(word(RelationKind(one.kind), is_one=one.is_one)),
                )
                for one in relations
            ]
        ),
        merged_into=row.merged_into,
        erased_at=row.forgotten_at,
    )


def _last_restrictions(row: StatedPerson) -> tuple[Restriction, ...]:
    """Return the last restriction of each reason, and the current one where there is one."""
    rows = zip(row.reasons, row.restricted_at, row.lifted_at, strict=True)
    last = {
        reason: Restriction(reason=BarReason(reason), since=since, lifted_at=lifted_at)
        for reason, since, lifted_at in sorted(rows, key=lambda one: one[2] is None)
    }
    return tuple(last.values())


def _new_state(one: SealedPerson, recorded_at: datetime) -> PersonState:
    """Return the state of a person registered in this transaction, without a query."""
    person = one.person
    return PersonState(
        role=person.role,
        place=person.place,
        registered_at=person.registered_at,
        language=person.language,
        age_band=person.age_band,
        channels=person.channels,
        preferred_channel=person.preferred_channel,
        identity=one.sealed.identity,
        contact=one.sealed.contact,
        circumstances=one.sealed.circumstances,
        consents=tuple([consent_fact(given) for given in one.state.standing]),
        restrictions=tuple(
            [Restriction(reason=reason, since=recorded_at) for reason in person.contact_restrictions]
        ),
    )


def person_registered(
    incident: Incident, one: SealedPerson, recorded_at: datetime, revision: int
) -> PersonRegistered:
    """Return the event of a new person. `revision`: the one that the inserted row has."""
    person = one.person
    return PersonRegistered(
        person=_new_state(one, recorded_at),
        revision=revision,
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
        bars=person.contact_restrictions,
    )


def person_corrected(
    about: "EventSubject",
    now: Particulars,
    sealed: SealedParticulars,
    changed: tuple[str, ...],
    at: datetime,
) -> PersonCorrected:
    return PersonCorrected(
        incident_id=about.incident_id,
        exercise=about.exercise,
        registration_id=about.registration_id,
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


def person_split(
    about: "EventSubject", row: LinkedRow, data: Particulars, sealed: SealedParticulars
) -> PersonRegistered:
    """Return the first event of a person who was linked by an ID number until now.

    The consents and restrictions follow in events of their own.
    """
    return PersonRegistered(
        incident_id=about.incident_id,
        exercise=about.exercise,
        registration_id=about.registration_id,
        role=data.role,
        place=RegistrationPlace(row.place),
        registered_at=row.registered_at,
        language=data.language,
        age_band=data.age_band,
        channels=data.channels,
        identity=sealed.identity,
        contact=sealed.contact,
        circumstances=sealed.circumstances,
        preferred_channel=data.preferred_channel,
    )


def person_merged(about: "EventSubject", into: RegistrationId, at: datetime) -> PersonMerged:
    return PersonMerged(
        incident_id=about.incident_id,
        exercise=about.exercise,
        registration_id=about.registration_id,
        into=into,
        merged_at=at,
    )


def person_unmerged(about: "EventSubject", out_of: RegistrationId, at: datetime) -> PersonUnmerged:
    return PersonUnmerged(
        incident_id=about.incident_id,
        exercise=about.exercise,
        registration_id=about.registration_id,
        out_of=out_of,
        unmerged_at=at,
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


def person_forgotten(one: ErasedPerson, registration_id: RegistrationId, at: datetime) -> PersonForgotten:
    return PersonForgotten(
        incident_id=one.incident_id,
        exercise=one.exercise,
        registration_id=registration_id,
        forgotten_at=at,
    )


@dataclass(frozen=True, slots=True)
class EventSubject:
    """The person of an event. The caller has locked their row."""

    incident_id: IncidentId
    registration_id: RegistrationId
    exercise: bool

    @classmethod
    def of(cls, row: RegistrationRow) -> Self:
        return cls(row.incident_id, row.id, row.exercise)


def consent_change_events(
    about: EventSubject, before: Consents, after: Consents, at: datetime
) -> list[RegistrationEvent]:
    """Return the events of a consent change.

    If an earlier consent changed or ended, restate all current consents. Otherwise emit the added ones.
    """
    added = [given for given in after.standing if given not in before.standing]
    if all(given in after.standing for given in before.standing):
        return [
            *(
                consent_given(about.incident_id, about.registration_id, g, exercise=about.exercise)
                for g in added
            ),
            *_withdrawals(about, before, after, at),
        ]
    return [consents_restated(about, after, at), *_withdrawals(about, before, after, at)]


def full_consent_events(about: EventSubject, consents: Consents, at: datetime) -> list[RegistrationEvent]:
    """Return events with all current consents and all withdrawals, whatever was emitted before."""
    return [consents_restated(about, consents, at), *_withdrawals(about, Consents(), consents, at)]


def consents_restated(about: EventSubject, consents: Consents, at: datetime) -> ConsentsRestated:
    return ConsentsRestated(
        incident_id=about.incident_id,
        exercise=about.exercise,
        registration_id=about.registration_id,
        consents=tuple(consent_fact(given) for given in consents.standing),
        restated_at=at,
    )


def _withdrawals(
    about: EventSubject, before: Consents, after: Consents, at: datetime
) -> list[RegistrationEvent]:
    """Return a withdrawal for each purpose that is withdrawn now and was not before."""
    return [
        ConsentWithdrawn(
            incident_id=about.incident_id,
            exercise=about.exercise,
            registration_id=about.registration_id,
            purpose=purpose,
            withdrawn_at=after.ended[purpose],
            recorded_at=at,
        )
        for purpose in Purpose
        if _is_withdrawn(after, purpose) and not _is_withdrawn(before, purpose)
    ]


def _is_withdrawn(consents: Consents, purpose: Purpose) -> bool:
    return purpose in consents.ended and consents.until(purpose) is None


def relations_told(about: EventSubject, standing: Sequence[RelationRow], at: datetime) -> RelationsTold:
    """Return the event with the current relations. `standing`: rows of store.relations.links_of."""
    me = about.registration_id
    relations = [
        RelationFact(
            registration_id=row.other if row.one == me else row.one,
            word=Relation(word(RelationKind(row.kind), is_one=row.one == me)),
        )
        for row in standing
    ]
    return RelationsTold(
        incident_id=about.incident_id,
        exercise=about.exercise,
        registration_id=me,
        relations=tuple(relations),
        told_at=at,
    )
