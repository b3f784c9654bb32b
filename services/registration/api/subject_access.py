"""Everything stored about one person: for access (GDPR art. 15), and to prove an erasure."""

from collections.abc import Iterator, Mapping
from typing import Any, Final, Literal
from uuid import UUID

from fastapi import APIRouter

from contracts.events.audit import PersonalDataSeen
from contracts.events.ids import ConsentId, RegistrationId
from contracts.events.personal import CIRCUMSTANCES, CONTACT, IDENTITY, NOTE
from contracts.wire.sealed import FieldSet
from kit.database import outbox
from kit.http.web import WithCaller
from kit.privacy.subject_access import load_subject_data
from services.registration.api.dependencies import WithDependencies, unknown_person
from services.registration.domain.consent import documentation_of
from services.registration.store.subject_access import lock_shared_registrations
from services.registration.use_cases.merge_people import gained_of
from services.registration.use_cases.review_duplicate import why_of

router = APIRouter(tags=["rights"])
_FIELD_SETS: Final = (CONTACT, IDENTITY, NOTE, CIRCUMSTANCES)


@router.get("/registrations/{registration_id}/held")
async def everything(
    registration_id: RegistrationId,
    caller: WithCaller,
    deps: WithDependencies,
    purpose: Literal["export", "proof"] = "export",
) -> dict[str, Any]:
    """Return every row about a person and their repeats. The access is recorded if any row can be decrypted.

    `owners`: all registrations of the person. Their keys may seal the person's data.
    """
    resources = deps.resources
    async with resources.database.transaction() as session:
        owners = [row["id"] for row in await lock_shared_registrations(session, registration_id)]
    if not owners:
        raise unknown_person()
    keys = await resources.keyring.read(owners)
    async with resources.database.transaction() as session:
        whole = await lock_shared_registrations(session, registration_id)
        found = await load_subject_data(session, owners, keys, _field_sets, person=("registration", "id"))
        if found.opens:
            seen = PersonalDataSeen(
                incident_id=whole[0]["incident_id"],
                exercise=whole[0]["exercise"],
                registration_id=whole[0]["id"],
                actor=caller.name,
                field_sets=tuple(sorted({name.partition("/")[0] for name in found.field_sets})),
                purpose=purpose,
                seen_at=deps.clock.now(),
            )
            await outbox.emit(session, [seen])
    return {
        "service": "registration",
        "incident_id": whole[0]["incident_id"],
        "registration_id": whole[0]["id"],
        "owners": owners,
        "forgotten_at": whole[0]["forgotten_at"],
        "sealed": found.sealed,
        "opens": found.opens,
        "tables": found.tables,
    }


def _field_sets(row: Mapping[str, Any]) -> Iterator[FieldSet]:
    yield from _FIELD_SETS
    for fact in (row.get("consent"), *(row.get("consents") or ())):  # of an event
        if isinstance(fact, dict):
            yield documentation_of(ConsentId(UUID(fact["consent_id"])))
    if "documentation" in row:
        yield documentation_of(ConsentId(row["id"]))
    if "duplicate_id" in row and "step" in row:
        yield why_of(row["id"])
    if "gained" in row and row["undone_at"] is None:  # undone: it holds another person's data
        yield gained_of(row["id"])
