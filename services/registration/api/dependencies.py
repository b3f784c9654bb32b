"""The dependencies and the shared errors of the endpoints."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Header, Request

from contracts.events.audit import IncidentWordsSeen
from contracts.events.ids import RegistrationId
from contracts.wire.error_codes import ErrorCode
from contracts.wire.errors import FieldError
from kit.database.database import Session
from kit.http.web import Problem
from kit.privacy.sealing import DataKey
from kit.runtime.clock import Clock
from services.registration.domain.audit_stamp import AuditStamp
from services.registration.domain.incident import Incident
from services.registration.resources import Resources
from services.registration.store import people, person_links
from services.registration.store.people import RegistrationRow

IdempotencyKey = Annotated[str | None, Header(min_length=1, max_length=200)]


@dataclass(frozen=True, slots=True)
class Dependencies:
    resources: Resources
    clock: Clock
    import_batch: int
    import_largest_bytes: int = 50_000_000


async def _dependencies(request: Request) -> Dependencies:
    deps: Dependencies = request.state.deps
    return deps


WithDependencies = Annotated[Dependencies, Depends(_dependencies)]


def refused(flaws: Iterable[FieldError]) -> Problem:
    return Problem(
        422,
        "Some fields are not right. Nothing was changed.",
        errors=tuple(flaws),
        code="invalid",
    )


def unknown_incident() -> Problem:
    return Problem(
        404,
        "There is no such incident.",
        errors=[FieldError("incident_id", ErrorCode.UNKNOWN)],
        code="no-incident",
    )


def other_body() -> Problem:
    return Problem(
        409,
        "This Idempotency-Key was used for something else. Nothing was changed.",
        errors=[FieldError("Idempotency-Key", ErrorCode.KEY_USED)],
        code="key-reused",
    )


def present(person: RegistrationRow | None) -> RegistrationRow:
    """Return the person. Raise Problem if the registration is unknown or erased."""
    if person is None:
        raise unknown_person()
    if person.forgotten_at is not None:
        raise forgotten()
    return person


async def person_and_keys(
    deps: Dependencies, registration_id: RegistrationId
) -> tuple[RegistrationId, dict[UUID, DataKey]]:
    """Return the first registration of a person and the keys of all. Nothing is locked."""
    async with deps.resources.database.transaction() as session:
        row = present(await people.person(session, registration_id))
        owners = await person_links.owners(session, [registration_id])
    keys = await deps.resources.keyring.read([one.id for one in owners])
    if not keys.keys() >= {row.id, registration_id}:
        raise forgotten()
    return row.id, keys


async def locked(
    session: Session, speaker: RegistrationId, *, named: RegistrationId | None = None
) -> RegistrationRow:
    """Lock the registration that `person_and_keys` returned. `named`: the registration in the request."""
    row = present(await people.lock_person(session, named or speaker))
    if row.id != speaker:
        raise Problem(
            409,
            "This registration was just merged with another. Nothing was changed: send it again.",
            errors=[FieldError("registration_id", ErrorCode.MERGED_MEANWHILE)],
            code="merged-meanwhile",
        )
    return row


async def stamp_now(deps: Dependencies, session: Session, person: RegistrationRow, by: str) -> AuditStamp:
    """Return the stamp for a change of a locked person. Its time is later than every earlier change."""
    at = await people.record_time(session, [person.id], await session.read_time(deps.clock))
    return AuditStamp(at, by)


def words_seen(incident: Incident, by: str, purpose: str, at: datetime) -> IncidentWordsSeen:
    return IncidentWordsSeen(
        incident_id=incident.id, exercise=incident.exercise, actor=by, purpose=purpose, seen_at=at
    )


def forgotten() -> Problem:
    return Problem(
        410,
        "This person has been forgotten.",
        errors=[FieldError("registration_id", ErrorCode.ERASED)],
        code="forgotten",
    )


def unknown_person() -> Problem:
    return Problem(
        404,
        "There is no such registration.",
        errors=[FieldError("registration_id", ErrorCode.UNKNOWN)],
        code="no-registration",
    )
