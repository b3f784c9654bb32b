"""What the others are told when somebody's consents are other than before."""

from dataclasses import dataclass
from datetime import datetime
from typing import Self

import asyncpg

from contracts.events.ids import IncidentId, RegistrationId
from contracts.events.registration import ConsentsRestated, ConsentWithdrawn
from contracts.events.vocabulary import Purpose
from contracts.wire.event import Event
from services.registration.domain.consent import Consents
from services.registration.store.rows import consent_fact, consent_given


@dataclass(frozen=True, slots=True)
class About:
    """Whom an event is about. Their row is locked."""

    incident_id: IncidentId
    registration_id: RegistrationId
    exercise: bool

    @classmethod
    def of(cls, row: asyncpg.Record) -> Self:
        return cls(row["incident_id"], row["id"], row["exercise"])


def told(about: About, before: Consents, after: Consents, at: datetime) -> list[Event]:
    """Tell of what was added; where something that stood is other or gone, of all that stands now."""
    added = [given for given in after.standing if given not in before.standing]
    if all(given in after.standing for given in before.standing):
        return [
            *(
                consent_given(about.incident_id, about.registration_id, g, exercise=about.exercise)
                for g in added
            ),
            *_withdrawn(about, before, after, at),
        ]
    return [restated(about, after, at), *_withdrawn(about, before, after, at)]


def told_whole(about: About, consents: Consents, at: datetime) -> list[Event]:
    """Tell of all that stands and of all that is withdrawn, whatever was told before."""
    return [restated(about, consents, at), *_withdrawn(about, Consents(), consents, at)]


def restated(about: About, consents: Consents, at: datetime) -> ConsentsRestated:
    return ConsentsRestated(
        incident_id=about.incident_id,
        exercise=about.exercise,
        registration_id=about.registration_id,
        consents=tuple(consent_fact(given) for given in consents.standing),
        restated_at=at,
    )


def _withdrawn(about: About, before: Consents, after: Consents, at: datetime) -> list[Event]:
    """Tell of the purposes that count as withdrawn now and did not before."""
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
        if _gone(after, purpose) and not _gone(before, purpose)
    ]


def _gone(consents: Consents, purpose: Purpose) -> bool:
    return purpose in consents.ended and consents.until(purpose) is None
