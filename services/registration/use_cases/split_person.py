"""Split a registration from the person that a wrong ID number linked it to.

It is unlinked, and the shared number is removed from it: nobody may be looked up in the register by another
person's number.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Final
from uuid import UUID

from contracts.events.ids import RegistrationId
from contracts.events.personal import Identity
from kit.runtime.ids import new_id
from services.registration.domain.audit_stamp import AuditStamp
from services.registration.domain.similarity import compare
from services.registration.resources import Resources
from services.registration.store import people, person_history, person_links
from services.registration.store.person_history import DoubtfulFields
from services.registration.store.person_links import SplitRow
from services.registration.use_cases.link_person import Unlinking, unlink
from services.registration.use_cases.propose_duplicate import traits_of
from services.registration.use_cases.publish_person import OpenedPerson, UnitOfWork, open_people
from services.registration.use_cases.review_duplicate import seal_why

_SLACK: Final = timedelta(seconds=1)  # data of the registration was written just before its id was made


class NotRecognised(LookupError):  # noqa: N818 - a state of the world, not a fault of the program
    """No ID number linked the registration to a person: it is the first one, or people merged it."""


class UnknownRegistration(LookupError):  # noqa: N818 - a state of the world, not a fault of the program
    def __init__(self, *, forgotten: bool) -> None:
        super().__init__("the registration is unknown or erased")
        self.forgotten = forgotten


@dataclass(frozen=True, slots=True)
class Split:
    duplicate_id: UUID
    out_of: RegistrationId
    changed: Mapping[RegistrationId, tuple[str, ...]]
    check: DoubtfulFields | None


async def split(resources: Resources, away: RegistrationId, why: str, stamp: AuditStamp) -> Split:
    """Raise NotRecognised or UnknownRegistration."""
    async with resources.database.transaction() as session:
        owners = await person_links.owners(session, [away])
    if not owners or owners[0].forgotten:
        raise UnknownRegistration(forgotten=bool(owners))
    into = owners[0].person
    keys = await resources.keyring.read([one.id for one in owners])
    async with resources.database.transaction() as session:
        locked = await people.lock_registrations(session, [one.id for one in owners])
        at = await people.record_time(session, list(locked), stamp.at)
        work = UnitOfWork(session, resources, keys, replace(stamp, at=at))
        person = (await open_people(work, [into])).get(into)  # None: merged or erased meanwhile
        if person is None or not person.complete or away not in person.rows or not person.rows[away].matched:
            raise NotRecognised
        since = (person.rows[away].linked_at or at) - _SLACK
        unlinking = Unlinking(into, away, since, why, shared=True)
        changed = await unlink(work, unlinking, person)
        duplicate_id = await _keep(work, person, unlinking)
        check = await person_history.doubtful(session, duplicate_id)
    return Split(duplicate_id, into, changed, check)


async def _keep(work: UnitOfWork, person: OpenedPerson, unlinking: Unlinking) -> UUID:
    """Keep the split as a decision about the pair."""
    pair = sorted((unlinking.into, unlinking.away))
    own = [person.registrations[one].own for one in pair]
    found = compare(*(traits_of(one.identity or Identity(), one.contact) for one in own))
    step_id = new_id()
    row = SplitRow(
        duplicate_id=new_id(),
        incident_id=person.subject.incident_id,
        one=pair[0],
        other=pair[1],
        score=found.score,
        reasons=list(found.reasons),
        merge_id=new_id(),
        away=unlinking.away,
        into=unlinking.into,
        since=unlinking.since,
        at=work.stamp.at,
        by=work.stamp.by,
        step_id=step_id,
        why=seal_why(step_id, unlinking.why, (work.keys[pair[0]], work.keys[pair[1]])),
    )
    return await person_links.keep_split(work.session, row)
