"""Erase a person. This cannot be undone."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any
from uuid import UUID

from fastapi import APIRouter

from contracts.events.ids import RegistrationId
from contracts.events.personal import NOTE, Note
from kit.http.web import WithCaller
from kit.privacy.sealing import DataKey
from services.registration.api.dependencies import (
    Dependencies,
    WithDependencies,
    present,
    stamp_now,
    unknown_person,
)
from services.registration.api.schemas import ForgetBody
from services.registration.domain.mention import identifying_values
from services.registration.imports.erasure import erase_rejected_rows, traces_of
from services.registration.store import mentions, people, person_history
from services.registration.store.people import ParticularsRow
from services.registration.store.retention import ErasedPerson
from services.registration.store.rows import particulars_of
from services.registration.store.subject_access import lock_shared_registrations
from services.registration.use_cases.erase_person import delete_keys, forget_people
from services.registration.use_cases.find_mentions import Mentions, find_mentions

router = APIRouter(tags=["forgetting"])


@router.post("/registrations/{registration_id}/forget")
async def forget(
    registration_id: RegistrationId, body: ForgetBody, caller: WithCaller, deps: WithDependencies
) -> dict[str, Any]:
    """Erase a person and all their registrations.

    First delete their rejected rows in files, and record which records of other people mention them. Without
    their key nobody could search for that later. The decision and its event are one transaction. The keys are
    deleted after it, by this call or, after a crash, by the loop. The reason is sealed with the person's own
    key, because it may name them.
    """
    resources = deps.resources
    keys, found = await _search_mentions(deps, registration_id)
    async with resources.database.transaction() as session:
        person = present(await people.lock_person(session, registration_id))
        erased = ErasedPerson(person.id, person.incident_id, person.exercise)
        why = keys[registration_id].seal(NOTE, Note(body.why)) if registration_id in keys else None
        at = (await stamp_now(deps, session, person, caller.name)).at
        if found is not None:
            await mentions.write(session, person.id, found.found, found.searched, found.people, at)
        owners = await forget_people(session, [erased], at, caller.name, [why])
    await delete_keys(resources, owners)
    return {"registration_id": registration_id, "keys_deleted": len(owners)}


@router.get("/registrations/{registration_id}/mentions")
async def show_mentions(
    registration_id: RegistrationId, _: WithCaller, deps: WithDependencies
) -> dict[str, Any]:
    """Return the records of other people that mention an erased person, and that person's relations.

    `searched` is None without a search: the person is not erased, or was erased with the whole incident.
    """
    async with deps.resources.database.transaction() as session:
        whole = await lock_shared_registrations(session, registration_id)
        if not whole:
            raise unknown_person()
        person, owners = whole[0].id, [row.id for row in whole]
        search = await mentions.search_of(session, person)
        found = await mentions.mentions_of(session, person)
        linked = await mentions.linked(session, owners)
    return {
        "registration_id": person,
        "searched": search and search.searched,
        "people": search and search.people,
        "mentions": [asdict(row) for row in found],
        "linked": [asdict(row) for row in linked],
    }


async def _search_mentions(
    deps: Dependencies, registration_id: RegistrationId
) -> tuple[Mapping[UUID, DataKey], Mentions | None]:
    """Delete the rejected rows about a person and search for mentions. Return the person's keys too.

    The search uses all current and former values of the person.
    """
    resources = deps.resources
    async with resources.database.transaction() as session:
        person = present(await people.person(session, registration_id))
        registrations = await people.registrations_of(session, person.id)
        versions = await person_history.versions(session, person.id)
    ids = [row.id for row in registrations]
    keys = await resources.keyring.read({registration_id, *ids, *(row.key_of for row in versions)})
    owned: list[tuple[ParticularsRow, RegistrationId]] = [(row, row.id) for row in registrations]
    owned += [(row, row.key_of) for row in versions]
    known = [particulars_of(row, keys[owner]) for row, owner in owned if owner in keys and row.contact]
    if not known:
        return keys, None
    await erase_rejected_rows(resources, person.incident_id, traces_of(known))
    return keys, await find_mentions(resources, person.incident_id, ids, identifying_values(known))
