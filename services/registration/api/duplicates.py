"""Possible duplicates: proposed by the matcher or a user, decided by two people."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query

from contracts.events.audit import PersonalDataSeen
from contracts.events.ids import IncidentId, RegistrationId
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
    present,
    refused,
    unknown_incident,
    unknown_person,
)
from services.registration.api.schemas import MaybeWhyBody, PairBody, WhyBody
from services.registration.api.serializers import particulars
from services.registration.domain.audit_stamp import AuditStamp
from services.registration.domain.duplicate_review import DecisionStep, DuplicateState
from services.registration.store import consents, duplicates, incidents, people, person_links
from services.registration.store.duplicates import DuplicateRow
from services.registration.store.people import RegistrationRow
from services.registration.store.person_history import DoubtfulFields
from services.registration.store.rows import particulars_of
from services.registration.use_cases.link_person import preview_link
from services.registration.use_cases.propose_duplicate import propose_pair
from services.registration.use_cases.publish_person import opened_people
from services.registration.use_cases.review_duplicate import (
    DecisionRefusal,
    DecisionRefused,
    decide,
    opened_why,
)
from services.registration.use_cases.split_person import NotRecognised, UnknownRegistration, split

router = APIRouter(tags=["duplicates"])
_SEEN = (IDENTITY, CONTACT, NOTE, CIRCUMSTANCES)
_LIMIT = 200  # pairs in one answer


@router.get("/incidents/{incident_id}/duplicates")
async def list_duplicates(
    incident_id: IncidentId,
    deps: WithDependencies,
    state: Annotated[list[DuplicateState] | None, Query()] = None,
    after: Annotated[int, Query(ge=0)] = 0,
) -> list[dict[str, Any]]:
    """List 200 pairs by score, highest first. Without `state`: the undecided pairs."""
    async with deps.resources.database.transaction() as session:
        if await incidents.incident(session, incident_id) is None:
            raise unknown_incident()
        states = state or [DuplicateState.OPEN, DuplicateState.SUGGESTED]
        rows = await duplicates.duplicates(session, incident_id, states, after, _LIMIT)
    return [_told(row) for row in rows]


@router.post("/incidents/{incident_id}/duplicates", status_code=201)
async def suggest_pair(
    incident_id: IncidentId, body: PairBody, caller: WithCaller, deps: WithDependencies
) -> dict[str, Any]:
    """Suggest a merge that the matcher has not proposed."""
    async with deps.resources.database.transaction() as session:
        for name in ("one", "other"):
            row = present(await people.person(session, getattr(body, name)))
            if row.incident_id != incident_id:
                raise refused([FieldError(name, ErrorCode.NOT_AT_INCIDENT)])
        if body.one == body.other:
            raise refused([FieldError("other", ErrorCode.SAME_PERSON)])
    duplicate_id = await propose_pair(deps.resources, body.one, body.other, deps.clock.now())
    return await _decided(deps, duplicate_id, DecisionStep.SUGGEST, body.why, caller.name)


@router.get("/duplicates/{duplicate_id}")
async def show_duplicate(duplicate_id: UUID, caller: WithCaller, deps: WithDependencies) -> dict[str, Any]:
    """Show both registrations side by side. The access is recorded before the data is shown.

    `sources`: the registration that each field comes from when the two are linked. `changed`: the fields that
    differ for each of them when they are not.
    """
    async with deps.resources.database.transaction() as session:
        pair = _known(await duplicates.duplicate(session, duplicate_id))
        steps = await duplicates.steps(session, duplicate_id)
        rows = await people.lock_registrations(session, [pair.one, pair.other])
        firsts = {row.repeat_of or row.id for row in rows.values()}
        linked = await person_links.registrations(session, firsts)
        ledgers = await consents.ledgers(session, list(firsts))
        seen = [_seen(present(row), caller.name, deps.clock.now()) for row in rows.values()]
        await outbox.emit(session, seen)
    keys = await deps.resources.keyring.read({*rows, *(row.id for row in linked)})
    if not keys.keys() >= rows.keys():
        raise forgotten()
    facts = [fact for ledger in ledgers.values() for fact in ledger]
    preview = preview_link(opened_people(linked, keys), rows, facts, deps.clock.now())
    both = (keys[pair.one], keys[pair.other])
    return {
        **_told(pair),
        "people": [_opened(rows[one], keys[one]) for one in (pair.one, pair.other)],
        "sources": preview.sources,
        "changed": preview.changed,
        "steps": [
            {
                **{name: getattr(step, name) for name in ("step", "at", "by")},
                "why": opened_why(step.id, step.why, both),
            }
            for step in steps
        ],
    }


@router.post("/duplicates/{duplicate_id}/suggest")
async def suggest(
    duplicate_id: UUID, body: WhyBody, caller: WithCaller, deps: WithDependencies
) -> dict[str, Any]:
    """Suggest that the two are one person. A second person must confirm before they are merged."""
    return await _decided(deps, duplicate_id, DecisionStep.SUGGEST, body.why, caller.name)


@router.post("/duplicates/{duplicate_id}/confirm")
async def confirm(
    duplicate_id: UUID, caller: WithCaller, deps: WithDependencies, body: MaybeWhyBody | None = None
) -> dict[str, Any]:
    """Merge, as the second person. A merge can be undone at any time."""
    return await _decided(deps, duplicate_id, DecisionStep.MERGE, body.why if body else None, caller.name)


@router.post("/duplicates/{duplicate_id}/dismiss")
async def dismiss(
    duplicate_id: UUID, body: WhyBody, caller: WithCaller, deps: WithDependencies
) -> dict[str, Any]:
    """Decide that the two are different people."""
    return await _decided(deps, duplicate_id, DecisionStep.DISMISS, body.why, caller.name)


@router.post("/duplicates/{duplicate_id}/undo")
async def undo(
    duplicate_id: UUID, body: WhyBody, caller: WithCaller, deps: WithDependencies
) -> dict[str, Any]:
    """Undo a merge. Consents withdrawn during the merge stay withdrawn for both.

    `check`: fields corrected during the merge for an unknown one of the two. They stayed with the first
    registration. Ask both people.
    """
    return await _decided(deps, duplicate_id, DecisionStep.UNDO, body.why, caller.name)


@router.post("/registrations/{registration_id}/split")
async def split_registration(
    registration_id: RegistrationId, body: WhyBody, caller: WithCaller, deps: WithDependencies
) -> dict[str, Any]:
    """Split a registration from the person that a wrong ID number matched it with. Remove that number.

    Consents withdrawn meanwhile stay withdrawn for both. `check`: as for undoing a merge.
    """
    stamp = AuditStamp(deps.clock.now(), caller.name)
    try:
        parted = await split(deps.resources, registration_id, body.why, stamp)
    except UnknownRegistration as gone:
        raise (forgotten() if gone.forgotten else unknown_person()) from None
    except NotRecognised:
        raise Problem(
            409,
            "Nobody was recognised in this registration by a number. Nothing was changed.",
            errors=[FieldError("registration_id", ErrorCode.NOT_MATCHED_BY_NUMBER)],
            code="not-recognised",
        ) from None
    return {
        "registration_id": registration_id,
        "parted_from": parted.out_of,
        "duplicate_id": parted.duplicate_id,
        "hints": [FieldError("identifiers", ErrorCode.ID_STAYS_WITH_OTHER).document()],
        "changed": parted.changed,
        "check": _to_check(parted.check),
    }


def _to_check(found: DoubtfulFields | None) -> list[dict[str, Any]]:
    if found is None or not found.fields:
        return []
    return [{"registration_id": one, "fields": found.fields} for one in (found.into_id, found.away)]


async def _decided(
    deps: Dependencies, duplicate_id: UUID, step: DecisionStep, why: str | None, by: str
) -> dict[str, Any]:
    try:
        decided = await decide(deps.resources, duplicate_id, step, why, AuditStamp(deps.clock.now(), by))
    except DecisionRefused as refused_for:
        raise _problem(refused_for.refusal, step) from None
    told = {**_told(decided.row), "state": decided.state, "suggested_by": decided.suggested_by}
    if step is DecisionStep.UNDO:
        return {**told, "changed": decided.changed, "check": _to_check(decided.check)}
    return told


_NOT_NOW = {
    DecisionStep.SUGGEST: ErrorCode.SUGGESTED_ALREADY,
    DecisionStep.MERGE: ErrorCode.NOT_SUGGESTED,
    DecisionStep.DISMISS: ErrorCode.DECIDED_ALREADY,
    DecisionStep.UNDO: ErrorCode.NOT_MERGED,
}
_WHY = {
    DecisionRefusal.OWN_SUGGESTION: FieldError("X-Actor", ErrorCode.OWN_SUGGESTION),
    DecisionRefusal.ALREADY_ONE: FieldError("duplicate_id", ErrorCode.ONE_PERSON_ALREADY),
    DecisionRefusal.MEANWHILE: FieldError("duplicate_id", ErrorCode.CHANGED_MEANWHILE),
    DecisionRefusal.MERGED_SINCE: FieldError("duplicate_id", ErrorCode.MERGED_SINCE),
}


def _problem(refusal: DecisionRefusal, step: DecisionStep) -> Problem:
    if refusal is DecisionRefusal.UNKNOWN:
        return unknown_pair()
    if refusal is DecisionRefusal.FORGOTTEN:
        return forgotten()
    why = FieldError("state", _NOT_NOW[step]) if refusal is DecisionRefusal.NOT_NOW else _WHY[refusal]
    return Problem(409, "This cannot be done now. Nothing was changed.", errors=[why], code=refusal.value)


def unknown_pair() -> Problem:
    return Problem(
        404,
        "There is no such pair.",
        errors=[FieldError("duplicate_id", ErrorCode.UNKNOWN)],
        code=DecisionRefusal.UNKNOWN.value,
    )


def _known(pair: DuplicateRow | None) -> DuplicateRow:
    if pair is None:
        raise unknown_pair()
    return pair


def _told(pair: DuplicateRow) -> dict[str, Any]:
    told = {
        name: getattr(pair, name)
        for name in ("id", "one", "other", "reasons", "state", "found_at", "suggested_by")
    }
    return {**told, "score": round(pair.score, 2)}


def _opened(row: RegistrationRow, key: DataKey) -> dict[str, Any]:
    plain = {name: getattr(row, name) for name in ("place", "registered_at", "registered_by")}
    about = {"registration_id": row.id, "merged_into": row.repeat_of}
    return {**about, **plain, **particulars(particulars_of(row, key))}


def _seen(row: RegistrationRow, by: str, at: datetime) -> PersonalDataSeen:
    return PersonalDataSeen(
        incident_id=row.incident_id,
        exercise=row.exercise,
        registration_id=row.id,
        actor=by,
        field_sets=_SEEN,
        purpose="duplicate",
        seen_at=at,
    )
