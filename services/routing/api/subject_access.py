"""Everything stored about one person: for subject access (GDPR art. 15), and to prove erasure."""

from collections.abc import Mapping
from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Query

from contracts.events.audit import PersonalDataSeen
from contracts.events.ids import RegistrationId
from contracts.events.personal import CIRCUMSTANCES, CONTACT, IDENTITY, NOTE, RECIPIENT, consent_documentation
from contracts.wire.sealed import FieldSet
from kit.database import outbox
from kit.http.web import WithCaller
from kit.privacy.subject_access import load_subject_data
from services.routing.api.dependencies import WithDependencies
from services.routing.store.subject_access import lock_shared_person

_FIELD_SETS: Final = (CONTACT, IDENTITY, RECIPIENT, NOTE, CIRCUMSTANCES)
Others = Annotated[list[RegistrationId], Query(max_length=1000)]
Purpose = Literal["export", "proof"]

router = APIRouter(tags=["rights"])


@router.get("/registrations/{registration_id}/held")
async def read_everything(
    registration_id: RegistrationId,
    caller: WithCaller,
    deps: WithDependencies,
    also: Others = [],  # noqa: B006 - FastAPI copies it
    purpose: Purpose = "export",
) -> dict[str, Any]:
    """Return every row about a person. Record the access if any sealed field opened.

    `also`: the ids of the person's other registrations.
    """
    owners = [registration_id, *also]
    keys = await deps.keyring.read(owners)
    async with deps.database.transaction() as session:
        about = await lock_shared_person(session, owners)
        found = await load_subject_data(session, owners, keys, _field_sets)
        if about is not None and found.opens:
            seen = PersonalDataSeen(
                incident_id=about["incident_id"],
                exercise=about["exercise"],
                registration_id=about["registration_id"],
                actor=caller.name,
                field_sets=tuple(sorted({name.partition("/")[0] for name in found.field_sets})),
                purpose=purpose,
                seen_at=deps.clock.now(),
            )
            await outbox.emit(session, [seen])
    return {"service": "routing", "sealed": found.sealed, "opens": found.opens, "tables": found.tables}


def _field_sets(row: Mapping[str, Any]) -> tuple[FieldSet, ...]:
    of_consent = (consent_documentation(row["consent_id"]),) if "documentation" in row else ()
    return (*_FIELD_SETS, *of_consent)
