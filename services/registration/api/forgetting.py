"""Forgetting a person: cannot be undone."""

from typing import Any

from fastapi import APIRouter

from contracts.ids import RegistrationId
from contracts.personal import NOTE, Note
from contracts.registration import PersonForgotten
from kit import outbox
from kit.web import WithCaller
from services.registration.api.bodies import ForgetBody
from services.registration.api.office import WithOffice, present
from services.registration.forgetting import delete_keys
from services.registration.store import forgetting, people

router = APIRouter(tags=["forgetting"])


@router.post("/registrations/{registration_id}/forget")
async def forget(
    registration_id: RegistrationId, body: ForgetBody, caller: WithCaller, office: WithOffice
) -> dict[str, Any]:
    """Forget a person and every repeat of them.

    The decision and its event are one transaction; the keys are deleted after it, by this call or, should it
    die here, by the loop. The reason is sealed with the person's own key: it may name them.
    """
    desk, now = office.desk, office.clock.now()
    keys = await desk.keyring.read([registration_id])
    async with desk.database.transaction() as session:
        person = present(await people.lock_person(session, registration_id))
        why = keys[registration_id].seal(NOTE, Note(body.why)) if registration_id in keys else b""
        await forgetting.mark_forgotten(session, registration_id, now, caller.name, why)
        event = PersonForgotten(
            incident_id=person["incident_id"],
            exercise=person["exercise"],
            registration_id=registration_id,
            forgotten_at=now,
        )
        await outbox.emit(session, [event])
        owners = await people.keys_of(session, registration_id)
    await delete_keys(desk, owners)
    return {"registration_id": registration_id, "keys_deleted": len(owners)}
