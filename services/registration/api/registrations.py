"""Register a person, and show one."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated, Any, assert_never
from uuid import UUID

from fastapi import APIRouter, Header, Response

from contracts.events.audit import PersonalDataSeen
from contracts.events.ids import ConsentId, IncidentId, RegistrationId
from contracts.events.personal import CIRCUMSTANCES, CONTACT, IDENTITY, NOTE
from contracts.wire.error_codes import ErrorCode
from contracts.wire.errors import FieldError
from kit.database import outbox
from kit.http.web import Problem, WithCaller
from kit.privacy.sealing import DataKey
from services.registration.api.dependencies import (
    Dependencies,
    WithDependencies,
    forgotten,
    other_body,
    present,
    refused,
    unknown_incident,
)
from services.registration.api.relations import told as told_link
from services.registration.api.schemas import RegistrationBody
from services.registration.api.serializers import particulars
from services.registration.documents.texts import unknown_wording_hints
from services.registration.domain import person
from services.registration.domain.audit_stamp import AuditStamp
from services.registration.domain.consent import Documentation, Teller, documentation_of
from services.registration.domain.correction import value_of
from services.registration.domain.golden_record import golden_record
from services.registration.domain.identity_match import doubts
from services.registration.store import consents, contact_restrictions, people, person_links, relations
from services.registration.store.consents import EntryRow
from services.registration.store.people import RegistrationRow
from services.registration.store.person_links import LinkedRow
from services.registration.store.rows import particulars_of
from services.registration.use_cases.publish_person import opened_people
from services.registration.use_cases.register_people import (
    SUBMISSION,
    RegistrationOutcome,
    RegistrationResult,
    Submission,
    UnknownIncident,
    register_many,
)
from services.registration.use_cases.relate_people import RequestedRelations, link_submissions

router = APIRouter(tags=["registrations"])
_SEEN = (IDENTITY, CONTACT, NOTE, CIRCUMSTANCES, "consent")


@router.post("/incidents/{incident_id}/registrations", status_code=201)
async def register(
    incident_id: IncidentId,
    body: RegistrationBody,
    caller: WithCaller,
    deps: WithDependencies,
    response: Response,
    idempotency_key: Annotated[str, Header(min_length=1, max_length=200)],
) -> dict[str, Any]:
    """Register a person. 201 the first time; 200 with the same answer for the same key and body."""
    resources, now = deps.resources, deps.clock.now()
    checked = person.check(body.to_input(now=now, by=caller.name), now)
    if not isinstance(checked, person.NewPerson):
        raise refused(checked)
    submission = submission_of(deps, incident_id, idempotency_key, body, checked)
    try:
        (result,) = await register_many(resources, incident_id, [submission], by=caller.name, now=now)
    except UnknownIncident:
        raise unknown_incident() from None
    response.status_code = _status(result)
    linking = relations_of(result, body)
    (unlinked,) = await link_submissions(resources, incident_id, [linking], AuditStamp(now, caller.name))
    return {
        "registration_id": result.registration_id,
        "already_there": result.same_person,
        "hints": serialized_hints(
            [*checked.hints, *doubts(result.doubted), *unknown_wording_hints(checked.consents), *unlinked]
        ),
    }


def submission_of(
    deps: Dependencies, incident_id: IncidentId, key: str, body: RegistrationBody, checked: person.NewPerson
) -> Submission:
    blind = deps.resources.blind_index
    return Submission(
        checked,
        blind.idempotency_digest(incident_id, SUBMISSION, key),
        blind.idempotency_digest(incident_id, "body", body.canonical()),
    )


def relations_of(result: RegistrationResult, body: RegistrationBody) -> RequestedRelations:
    """Return the requested relations. They are empty if nobody was registered."""
    said = [one.to_input() for one in body.links] if result.registration_id is not None else []
    return RequestedRelations(result.registration_id, said)


def serialized_hints(hints: Iterable[FieldError]) -> list[dict[str, Any]]:
    return [hint.document() for hint in hints]


def _status(result: RegistrationResult) -> int:
    match result.outcome:
        case RegistrationOutcome.REGISTERED:
            return 201
        case RegistrationOutcome.REPEATED | RegistrationOutcome.SAME_PERSON:
            return 200
        case RegistrationOutcome.CLOSED:
            raise closed()
        case RegistrationOutcome.OTHER_BODY:
            raise other_body()
        case _:
            assert_never(result.outcome)


def closed() -> Problem:
    return Problem(
        409,
        "The incident is closed. People are still registered by the hotline and from paper forms.",
        errors=[FieldError("place", ErrorCode.INCIDENT_CLOSED_HERE)],
        code="incident-closed",
    )


@router.get("/registrations/{registration_id}")
async def show(registration_id: RegistrationId, caller: WithCaller, deps: WithDependencies) -> dict[str, Any]:
    """Show a person. The access is recorded before the data is decrypted."""
    resources = deps.resources
    async with resources.database.transaction() as session:
        rows = await people.lock_registrations(session, [registration_id])
        row = present(rows.get(registration_id))
        if row.repeat_of is None:
            row = present(await people.person(session, registration_id))
        ledger = await consents.ledger_rows(session, registration_id)
        first = [registration_id] if row.repeat_of is None else []
        rows_of_person = await person_links.registrations(session, first)
        repeats = [
            one
            for one in await people.registrations_of(session, registration_id)
            if one.id != registration_id
        ]
        barred = await contact_restrictions.standing(session, registration_id)
        linked = await relations.links_of(session, registration_id)
        seen = PersonalDataSeen(
            incident_id=row.incident_id,
            exercise=row.exercise,
            registration_id=registration_id,
            actor=caller.name,
            field_sets=_SEEN,
            purpose="registration",
            seen_at=deps.clock.now(),
        )
        await outbox.emit(session, [seen])
    keys = await resources.keyring.read([registration_id, *(one.id for one in repeats)])
    if registration_id not in keys:
        raise forgotten()
    return {
        **_opened(row, keys[registration_id]),
        "incident_id": row.incident_id,
        "exercise": row.exercise,
        "merged_into": row.repeat_of,
        "withdrawn": row.withdrawn,
        "registration_until": row.registration_until,
        "contact_until": row.contact_until,
        "bars": [one.reason for one in barred],
        "links": [told_link(one, registration_id) for one in linked if one.ended_at is None],
        "consents": [_entry(entry, keys) for entry in ledger],
        "repeats": [_opened(one, keys[one.id]) for one in repeats if one.id in keys],
        **_sources(registration_id, rows_of_person, keys),
    }


def _sources(
    registration_id: RegistrationId, linked: Sequence[LinkedRow], keys: Mapping[UUID, DataKey]
) -> dict[str, Any]:
    """Return the fields that come from another registration, and what this one says of them itself."""
    found: dict[str, RegistrationId] = {}
    own: dict[str, Any] = {}
    for opened in opened_people(linked, keys).values():
        golden = golden_record(opened.registrations.values())
        known = {name: one for name, one in golden.sources.items() if value_of(golden.data, name)}
        found |= {name: one for name, one in known.items() if one != registration_id}
        own |= particulars(opened.registrations[registration_id].own)
    return {"sources": found, "own": {name: value for name, value in own.items() if name in found}}


def _opened(row: RegistrationRow, key: DataKey) -> dict[str, Any]:
    return {
        "registration_id": row.id,
        "place": row.place,
        "registered_at": row.registered_at,
        "registered_by": row.registered_by,
        **particulars(particulars_of(row, key)),
    }


def _entry(entry: EntryRow, keys: Mapping[UUID, DataKey]) -> dict[str, Any]:
    plain = {name: getattr(entry, name) for name in _ENTRY}
    if entry.kind == "withdrawn":
        plain["withdrawn_on"] = entry.withdrawn_on or entry.at
    key = keys.get(entry.key_of)
    if entry.documentation is None or key is None:
        return plain
    sealed_as = documentation_of(ConsentId(entry.id))
    if entry.kind == "withdrawn":
        return {**plain, "teller": key.open(sealed_as, entry.documentation, Teller).name}
    said = key.open(sealed_as, entry.documentation, Documentation)
    return {
        **plain,
        "by": said.by,
        "witness": said.witness,
        "guardian": said.guardian,
        "guardian_cpr": said.guardian_cpr,
    }


_ENTRY = (
    "id", "kind", "purpose", "at", "recorded_at", "recorded_by", "channels", "expires_at", "wording",
    "language", "obtained", "form_number", "authorities", "withdrawn_by", "told_by",
    "unconfirmed", "childs_own",
)  # fmt: skip
