"""Contact restrictions: by the person's own wish, or restricted processing (GDPR art. 18)."""

from typing import Any

from fastapi import APIRouter

from contracts.events.audit import PersonalDataSeen
from contracts.events.ids import RegistrationId
from contracts.events.personal import NOTE, Note
from contracts.events.vocabulary import BarReason
from kit.database import outbox
from kit.database.database import Session
from kit.http.web import WithCaller
from services.registration.api.dependencies import (
    WithDependencies,
    locked,
    person_and_keys,
    present,
    stamp_now,
)
from services.registration.api.schemas import ContactRestrictionBody, WhyBody
from services.registration.api.serializers import opened_note
from services.registration.events import EventSubject
from services.registration.store import contact_restrictions, people
from services.registration.use_cases.restrict_contact import lift_restriction, restrict_contact

router = APIRouter(
    prefix="/registrations/{registration_id}/contact-restrictions", tags=["contact restrictions"]
)


@router.post("", status_code=201)
async def add_restriction(
    registration_id: RegistrationId, body: ContactRestrictionBody, caller: WithCaller, deps: WithDependencies
) -> dict[str, Any]:
    """Stop every current and future contact until the restriction is lifted. A repeat changes nothing."""
    speaker, keys = await person_and_keys(deps, registration_id)
    why = keys[speaker].seal(NOTE, Note(body.why))
    async with deps.resources.database.transaction() as session:
        person = await locked(session, speaker, named=registration_id)
        stamp = await stamp_now(deps, session, person, caller.name)
        about, named = EventSubject.of(person), person.addressed
        await restrict_contact(session, about, body.reason, stamp, key_of=speaker, why=why, named=named)
        return await _standing(session, speaker)


@router.post("/{reason}/lift")
async def remove_restriction(
    registration_id: RegistrationId,
    reason: BarReason,
    body: WhyBody,
    caller: WithCaller,
    deps: WithDependencies,
) -> dict[str, Any]:
    """Lift a restriction. Do nothing if there is none."""
    speaker, keys = await person_and_keys(deps, registration_id)
    why = keys[speaker].seal(NOTE, Note(body.why))
    async with deps.resources.database.transaction() as session:
        person = await locked(session, speaker, named=registration_id)
        await lift_restriction(
            session, person, reason, await stamp_now(deps, session, person, caller.name), why
        )
        return await _standing(session, speaker)


@router.get("")
async def list_restrictions(
    registration_id: RegistrationId, caller: WithCaller, deps: WithDependencies
) -> list[dict[str, Any]]:
    """List current and lifted restrictions: since when, by whom, why."""
    resources = deps.resources
    async with resources.database.transaction() as session:
        person = present(await people.lock_person(session, registration_id))
        rows = await contact_restrictions.restrictions_of(session, [person.id])
        seen = PersonalDataSeen(
            incident_id=person.incident_id,
            exercise=person.exercise,
            registration_id=person.id,
            actor=caller.name,
            field_sets=("bar",),
            purpose="bars",
            seen_at=deps.clock.now(),
        )
        await outbox.emit(session, [seen])
    keys = await resources.keyring.read({row.key_of for row in rows} | {person.id})
    return [
        {
            **{
                name: getattr(row, name)
                for name in ("reason", "barred_at", "barred_by", "lifted_at", "lifted_by")
            },
            "barred_why": opened_note(row.barred_why, keys.get(row.key_of)),
            "lifted_why": opened_note(row.lifted_why, keys.get(person.id)),
        }
        for row in rows
    ]


async def _standing(session: Session, registration_id: RegistrationId) -> dict[str, Any]:
    rows = await contact_restrictions.standing(session, registration_id)
    return {"registration_id": registration_id, "bars": [row.reason for row in rows]}
