"""Forgetting a person: cannot be undone."""

from typing import Any

from fastapi import APIRouter

from contracts.ids import RegistrationId
from contracts.personal import NOTE, Note
from kit.web import WithCaller
from services.registration.api.bodies import ForgetBody
from services.registration.api.office import WithOffice, present
from services.registration.forgetting import delete_keys, forget_people
from services.registration.store import people

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
        why = keys[registration_id].seal(NOTE, Note(body.why)) if registration_id in keys else None
        owners = await forget_people(session, [person], now, caller.name, [why])
    await delete_keys(desk, owners)
    return {"registration_id": registration_id, "keys_deleted": len(owners)}
