"""Correct a person, and show the former versions."""

from typing import Any

from fastapi import APIRouter

from contracts.events.audit import PersonalDataSeen
from contracts.events.ids import RegistrationId
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
    locked,
    person_and_keys,
    present,
    refused,
    stamp_now,
)
from services.registration.api.schemas import CorrectionBody
from services.registration.api.serializers import opened_note, particulars
from services.registration.domain.correction import input_with_changes
from services.registration.domain.person import NewPerson, check
from services.registration.store import consents, people, person_history
from services.registration.store.person_history import PersonVersion
from services.registration.store.rows import particulars_of
from services.registration.use_cases.correct_person import BusyIdentity, OtherPerson, correct
from services.registration.use_cases.propose_duplicate import propose_same
from services.registration.use_cases.publish_person import UnitOfWork

router = APIRouter(prefix="/registrations/{registration_id}", tags=["corrections"])
_SEEN = (IDENTITY, CONTACT, NOTE, CIRCUMSTANCES)


@router.post("/corrections")
async def correct_person(
    registration_id: RegistrationId, body: CorrectionBody, caller: WithCaller, deps: WithDependencies
) -> dict[str, Any]:
    """Correct the given fields only. The same correction again changes nothing."""
    try:
        return await _corrected(deps, registration_id, body, caller.name)
    except BusyIdentity:
        raise Problem(
            409,
            "Somebody is being registered with this number right now. Nothing was changed: send it again.",
            errors=[FieldError("identifiers", ErrorCode.ID_BEING_REGISTERED)],
            code="busy",
        ) from None
    except OtherPerson as other:
        await _propose(deps, registration_id, other.registration_id)
        raise Problem(
            409,
            "An identity value is another person's of this incident. Nothing was changed."
            " That the two may be one person is among the duplicates now, for two people to decide.",
            errors=[
                FieldError(
                    "identifiers", ErrorCode.ID_OTHER_REGISTRATION, registration=str(other.registration_id)
                )
            ],
            code="other-person",
        ) from None


async def _corrected(
    deps: Dependencies, registration_id: RegistrationId, body: CorrectionBody, by: str
) -> dict[str, Any]:
    speaker, keys = await person_and_keys(deps, registration_id)
    async with deps.resources.database.transaction() as session:
        row = await locked(session, speaker, named=registration_id)
        stamp = await stamp_now(deps, session, row, by)
        work = UnitOfWork(session, deps.resources, keys, stamp)
        stated = body.person()
        said = input_with_changes(particulars_of(row, keys[speaker]), stated, by=by, now=stamp.at)
        new = check(said, stamp.at)
        if not isinstance(new, NewPerson):
            raise refused(new)
        changed = await correct(work, row, new, body.why, stated=stated)
        alone = await consents.childs_own(session, speaker)
    hints = [hint for hint in new.hints if _is_relevant(hint, body)]
    if row.linked and "identifiers" in changed:
        hints.append(FieldError("identifiers", ErrorCode.ID_MATCHED_NOW))
    if alone:
        hints.append(FieldError("consents", ErrorCode.CHILD_CONSENTED_ALONE))
    return {"registration_id": speaker, "changed": changed, "hints": [hint.document() for hint in hints]}


def _is_relevant(hint: FieldError, body: CorrectionBody) -> bool:
    """Return if to show a hint. A new birth date corrects the stored age band, so that hint is hidden."""
    return hint.field != "age_band" or "age_band" in body.model_fields_set


async def _propose(deps: Dependencies, one: RegistrationId, other: RegistrationId) -> None:
    async with deps.resources.database.transaction() as session:
        person = present(await people.person(session, one))
        await propose_same(session, person.incident_id, person.id, other, deps.clock.now())


@router.get("/versions")
async def show_versions(
    registration_id: RegistrationId, caller: WithCaller, deps: WithDependencies
) -> list[dict[str, Any]]:
    """List the former versions of all registrations of a person, oldest first: who corrected when and why."""
    resources = deps.resources
    async with resources.database.transaction() as session:
        row = present(await people.lock_person(session, registration_id))
        rows = await person_history.versions(session, row.id)
        seen = PersonalDataSeen(
            incident_id=row.incident_id,
            exercise=row.exercise,
            registration_id=row.id,
            actor=caller.name,
            field_sets=_SEEN,
            purpose="history",
            seen_at=deps.clock.now(),
        )
        await outbox.emit(session, [seen])
    keys = await resources.keyring.read({row.id, *(one.key_of for one in rows)})
    if row.id not in keys:
        raise forgotten()
    return [_version(one, keys[one.key_of]) for one in rows if one.key_of in keys]


def _version(row: PersonVersion, key: DataKey) -> dict[str, Any]:
    plain = {
        name: getattr(row, name)
        for name in ("registration_id", "number", "replaced_at", "replaced_by", "changed", "addressed")
    }
    if not row.contact:  # blanked: it held data of another person, who was erased
        return {**plain, "why": None, "blanked": True}
    return {**plain, "why": opened_note(row.why, key), **particulars(particulars_of(row, key))}
