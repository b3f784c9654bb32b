"""HTTP in: all data about one person: for the person (GDPR art. 15), and to prove an erasure."""

from collections.abc import Mapping
from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Query

from contracts.events.audit import PersonalDataSeen
from contracts.events.ids import RegistrationId
from contracts.events.personal import CIRCUMSTANCES, CONTACT, IDENTITY, NOTE, RECIPIENT
from contracts.wire.sealed import FieldSet
from kit.database import outbox
from kit.database.database import Database
from kit.http.web import WithCaller
from kit.privacy.keyring import Keyring
from kit.privacy.subject_access import load_subject_data
from kit.runtime.clock import Clock
from services.outreach.store.subject_access import lock_shared_person

_FIELD_SETS: Final = (CONTACT, IDENTITY, RECIPIENT, NOTE, CIRCUMSTANCES)
Others = Annotated[list[RegistrationId], Query(max_length=1000)]
Purpose = Literal["export", "proof"]


def routes(database: Database, keyring: Keyring, clock: Clock) -> APIRouter:
    router = APIRouter(tags=["rights"])

    @router.get("/registrations/{registration_id}/held")
    async def everything(
        registration_id: RegistrationId,
        caller: WithCaller,
        also: Others = [],  # noqa: B006 - FastAPI copies it
        purpose: Purpose = "export",
    ) -> dict[str, Any]:
        """Return every row about a person. Record the access if personal data was opened.

        `also`: the person's other registrations.
        """
        owners = [registration_id, *also]
        keys = await keyring.read(owners)
        async with database.transaction() as session:
            about = await lock_shared_person(session, owners)
            found = await load_subject_data(session, owners, keys, _field_sets)
            if about is not None and found.opens:
                seen = PersonalDataSeen(
                    incident_id=about["incident_id"],
                    exercise=about["exercise"],
                    registration_id=about["registration_id"],
                    actor=caller.name,
                    field_sets=tuple(sorted(found.field_sets)),
                    purpose=purpose,
                    seen_at=clock.now(),
                )
                await outbox.emit(session, [seen])
        return {"service": "outreach", "sealed": found.sealed, "opens": found.opens, "tables": found.tables}

    return router


def _field_sets(_row: Mapping[str, Any]) -> tuple[FieldSet, ...]:
    return _FIELD_SETS
