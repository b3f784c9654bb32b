"""Register people whom a device stored offline. A batch may be sent repeatedly."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, assert_never
from uuid import UUID

from fastapi import APIRouter
from pydantic import ValidationError

from contracts.events.ids import IncidentId
from contracts.wire.error_codes import ErrorCode
from contracts.wire.errors import FieldError
from kit.http.validation_messages import field_error
from kit.http.web import WithCaller
from services.registration.api.dependencies import Dependencies, WithDependencies, unknown_incident
from services.registration.api.registrations import relations_of, serialized_hints, submission_of
from services.registration.api.schemas import BatchBody, BatchItemBody
from services.registration.documents.texts import unknown_wording_hints
from services.registration.domain.audit_stamp import AuditStamp
from services.registration.domain.device_clock import dated_by_receipt
from services.registration.domain.identity_match import doubts
from services.registration.domain.incident import Incident
from services.registration.domain.person import NewPerson, check
from services.registration.store import incidents
from services.registration.use_cases.register_people import (
    RegistrationOutcome,
    RegistrationResult,
    Submission,
    UnknownIncident,
    register_many,
)
from services.registration.use_cases.relate_people import link_submissions

router = APIRouter(tags=["registrations"])
_OTHER = FieldError("id", ErrorCode.ID_USED_FOR_OTHER)
_ERASED = FieldError("id", ErrorCode.PERSON_ERASED)


@dataclass(frozen=True, slots=True)
class _Item:
    body: BatchItemBody
    person: NewPerson
    submission: Submission


@dataclass(frozen=True, slots=True)
class _BadItem:
    id: UUID | None
    flaws: list[FieldError]


@dataclass(frozen=True, slots=True)
class _Receipt:
    """The incident, the sender and the time of receipt of a batch."""

    incident: Incident
    by: str
    at: datetime


@router.post("/incidents/{incident_id}/batches")
async def register_batch(
    incident_id: IncidentId, body: BatchBody, caller: WithCaller, deps: WithDependencies
) -> list[dict[str, Any]]:
    """Register people from a device. Return the outcome of each item. Sending a batch again changes nothing.

    Relations may refer to ids made by the device, also from an earlier batch.
    """
    now = deps.clock.now()
    async with deps.resources.database.transaction() as session:
        incident = await incidents.incident(session, incident_id)
    if incident is None:
        raise unknown_incident()
    receipt = _Receipt(incident, caller.name, now)
    read = [_read(deps, receipt, item) for item in body.registrations]
    good = [one for one in read if isinstance(one, _Item)]
    try:
        results = await register_many(
            deps.resources, incident_id, [one.submission for one in good], by=caller.name, now=now
        )
    except UnknownIncident:
        raise unknown_incident() from None
    linkings = [relations_of(result, one.body) for one, result in zip(good, results, strict=True)]
    unlinked = await link_submissions(deps.resources, incident_id, linkings, AuditStamp(now, caller.name))
    told = iter([_told(*one) for one in zip(good, results, unlinked, strict=True)])
    return [
        {"index": index, **(next(told) if isinstance(one, _Item) else _told_bad(one))}
        for index, one in enumerate(read)
    ]


def _read(deps: Dependencies, receipt: _Receipt, item: Any) -> _Item | _BadItem:
    try:
        body = BatchItemBody.model_validate(item)
    except ValidationError as error:
        return _BadItem(_id_of(item), [field_error(one) for one in error.errors()])
    now = receipt.at
    said = dated_by_receipt(body.to_input(now=now, by=receipt.by), receipt.incident.started_at, now)
    person = check(said, now)
    if not isinstance(person, NewPerson):
        return _BadItem(body.id, person)
    return _Item(body, person, submission_of(deps, receipt.incident.id, str(body.id), body, person))


def _id_of(item: Any) -> UUID | None:
    try:
        return UUID(item["id"])
    except (AttributeError, KeyError, TypeError, ValueError):
        return None


def _told(item: _Item, result: RegistrationResult, unlinked: list[FieldError]) -> dict[str, Any]:
    return {
        "id": item.body.id,
        "registration_id": result.registration_id,
        "outcome": result.outcome.name.lower(),
        "already_there": result.same_person,
        "errors": serialized_hints(_errors(result)),
        "hints": serialized_hints(
            [
                *_clock_hints(item.person),
                *item.person.hints,
                *doubts(result.doubted),
                *unknown_wording_hints(item.person.consents),
                *unlinked,
            ]
        ),
    }


def _clock_hints(person: NewPerson) -> list[FieldError]:
    if person.device_at is None and all(one.device_at is None for one in person.consents):
        return []
    return [FieldError("registered_at", ErrorCode.DEVICE_CLOCK_WRONG)]


def _errors(result: RegistrationResult) -> list[FieldError]:
    match result.outcome:
        case RegistrationOutcome.REGISTERED | RegistrationOutcome.REPEATED | RegistrationOutcome.SAME_PERSON:
            return []
        case RegistrationOutcome.CLOSED:
            return [FieldError("place", ErrorCode.INCIDENT_CLOSED_HERE)]
        case RegistrationOutcome.OTHER_BODY:
            return [_ERASED if result.forgotten else _OTHER]
        case _:
            assert_never(result.outcome)


def _told_bad(bad: _BadItem) -> dict[str, Any]:
    return {
        "id": bad.id,
        "registration_id": None,
        "outcome": "bad",
        "already_there": False,
        "errors": serialized_hints(bad.flaws),
        "hints": [],
    }
