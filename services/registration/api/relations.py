"""Relations between people: family, guardian and child, came together."""

from typing import Any
from uuid import UUID

from fastapi import APIRouter

from contracts.events.ids import RegistrationId
from contracts.wire.error_codes import ErrorCode
from contracts.wire.errors import FieldError
from kit.http.web import Problem, WithCaller
from services.registration.api.dependencies import WithDependencies, present, refused
from services.registration.api.schemas import LinkBody
from services.registration.domain.audit_stamp import AuditStamp
from services.registration.domain.relation import RelationKind, word
from services.registration.store import people, relations
from services.registration.store.relations import RelationRow
from services.registration.use_cases.relate_people import link, lock_people, tell_relations

router = APIRouter(prefix="/registrations/{registration_id}/links", tags=["links"])


@router.post("", status_code=201)
async def add_link(
    registration_id: RegistrationId, body: LinkBody, caller: WithCaller, deps: WithDependencies
) -> dict[str, Any]:
    """Relate two people of one incident. An identical relation returns the existing id."""
    async with deps.resources.database.transaction() as session:
        person = present(await people.person(session, registration_id))
        stamp = AuditStamp(deps.clock.now(), caller.name)
        made = await link(session, person.incident_id, person.id, body.to_input(), stamp)
    if isinstance(made, FieldError):
        raise refused([made])
    return {"link_id": made}


@router.get("")
async def show_links(registration_id: RegistrationId, deps: WithDependencies) -> list[dict[str, Any]]:
    """List current and ended relations."""
    async with deps.resources.database.transaction() as session:
        person = present(await people.person(session, registration_id))
        found = await relations.links_of(session, person.id)
    return [told(row, person.id) for row in found]


@router.post("/{link_id}/end")
async def end_link(
    registration_id: RegistrationId, link_id: UUID, caller: WithCaller, deps: WithDependencies
) -> dict[str, Any]:
    """End a relation. It stays in the history. Ending it again changes nothing."""
    async with deps.resources.database.transaction() as session:
        person = present(await people.person(session, registration_id))
        if link_id not in {row.id for row in await relations.links_of(session, person.id)}:
            raise Problem(
                404,
                "This person has no such link.",
                errors=[FieldError("link_id", ErrorCode.UNKNOWN)],
                code="no-link",
            )
        at = deps.clock.now()
        await relations.end_link(session, link_id, at, caller.name)
        found = await relations.links_of(session, person.id)
        ended = next(row for row in found if row.id == link_id)
        await tell_relations(session, await lock_people(session, [ended.one, ended.other]), at)
    return next(told(row, person.id) for row in found if row.id == link_id)


def told(row: RelationRow, registration_id: RegistrationId) -> dict[str, Any]:
    is_one = row.one == registration_id
    return {
        "link_id": row.id,
        "kind": word(RelationKind(row.kind), is_one=is_one),
        "to": row.other if is_one else row.one,
        "made_at": row.made_at,
        "made_by": row.made_by,
        "ended_at": row.ended_at,
        "ended_by": row.ended_by,
    }
