"""Forgetting a person: cannot be undone."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from fastapi import APIRouter

from contracts.ids import RegistrationId
from contracts.personal import NOTE, Note
from kit.sealing import DataKey
from kit.web import WithCaller
from services.registration.api.bodies import ForgetBody
from services.registration.api.office import (
    Office,
    WithOffice,
    present,
    recorded_now,
)
from services.registration.forgetting import delete_keys, forget_people
from services.registration.importing.erasing import erase_refused, traces_of
from services.registration.records import particulars_of
from services.registration.store import people, versions

router = APIRouter(tags=["forgetting"])


@router.post("/registrations/{registration_id}/forget")
async def forget(
    registration_id: RegistrationId, body: ForgetBody, caller: WithCaller, office: WithOffice
) -> dict[str, Any]:
    """Forget a person and every repeat of them.

    First goes what files hold of them: without their key nobody knows any more what to look for. The decision
    and its event are one transaction; the keys are deleted after it, by this call or, should it die here, by
    the loop. The reason is sealed with the person's own key: it may name them.
    """
    desk = office.desk
    keys = await _erased_from_files(office, registration_id)
    async with desk.database.transaction() as session:
        person = present(await people.lock_person(session, registration_id))
        why = keys[registration_id].seal(NOTE, Note(body.why)) if registration_id in keys else None
        at = (await recorded_now(office, session, person, caller.name)).at
        owners = await forget_people(session, [person], at, caller.name, [why])
    await delete_keys(desk, owners)
    return {"registration_id": registration_id, "keys_deleted": len(owners)}


async def _erased_from_files(office: Office, registration_id: RegistrationId) -> Mapping[UUID, DataKey]:
    """Delete the refused rows about a person, as they are held now or ever were; give the person's keys."""
    desk = office.desk
    async with desk.database.transaction() as session:
        person = present(await people.person(session, registration_id))
        rows = [person, *await people.repeats_of(session, person["id"])]
        rows += await versions.versions(session, person["id"])
    keys = await desk.keyring.read({registration_id, *(row["id"] for row in rows), person["id"]})
    owners = [(row, keys.get(row["key_of"] if "key_of" in row else row["id"])) for row in rows]
    known = [particulars_of(row, key) for row, key in owners if key is not None and row["contact"]]
    await erase_refused(desk, person["incident_id"], traces_of(known))
    return keys
