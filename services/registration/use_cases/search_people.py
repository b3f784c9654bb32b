"""Search people of an incident. Every search and every person shown is recorded."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, assert_never

from contracts.events.audit import PeopleSearched, PersonalDataSeen
from contracts.events.ids import IncidentId, RegistrationId
from contracts.events.personal import CONTACT, IDENTITY, Identifier
from kit.database import outbox
from kit.database.database import Session
from services.registration.domain.incident import Incident
from services.registration.domain.search import Name, SearchBy, SearchPurpose, Telephone, searched_words
from services.registration.resources import Resources
from services.registration.store import incidents
from services.registration.store import search as search_store
from services.registration.store.search import FoundPerson

SHOWN: Final = 50
_READ: Final = 2 * SHOWN  # several registrations may belong to one person


@dataclass(frozen=True, slots=True)
class Search:
    incident_id: IncidentId
    by: SearchBy
    purpose: SearchPurpose
    what: Identifier | Telephone | Name


@dataclass(frozen=True, slots=True)
class Found:
    people: list[FoundPerson]
    more: bool  # there are more than shown


async def search(resources: Resources, asked: Search, actor: str, now: datetime) -> Found | None:
    """Return the people found, or None for an unknown incident."""
    async with resources.database.transaction() as session:
        incident = await incidents.incident(session, asked.incident_id)
        if incident is None:
            return None
        hits = await _hits(session, resources, asked)
        rows = await search_store.lock_shared_people(session, incident.id, hits, SHOWN + 1)
        near = await _near_hits(session, resources, asked, hits)
        if near and len(rows) <= SHOWN:
            known = {row.id for row in rows}
            others = await search_store.lock_shared_people(session, incident.id, near, _READ)
            rows += [row for row in others if row.id not in known]
        found = Found(rows[:SHOWN], more=len(rows) > SHOWN or max(len(hits), len(near)) >= _READ)
        await _record_access(session, incident, asked, found, actor, now)
    return found


async def _hits(session: Session, resources: Resources, asked: Search) -> Sequence[RegistrationId]:
    match asked.what:
        case Identifier():
            digest = resources.blind_index.identifier(asked.what)
        case Telephone():
            digest = resources.blind_index.digest("phone", asked.what.number)
        case Name():
            words = resources.blind_index.name_words(asked.incident_id, searched_words(asked.what.text))
            return await search_store.with_all(session, words, _READ)
        case _:
            assert_never(asked.what)
    return await search_store.with_digest(session, asked.incident_id, digest, _READ)


async def _near_hits(
    session: Session, resources: Resources, asked: Search, hits: Sequence[RegistrationId]
) -> Sequence[RegistrationId]:
    """Return registrations whose name matches with one typo in each word."""
    if not isinstance(asked.what, Name) or len(hits) >= _READ:
        return ()
    words = resources.blind_index.near_name_words(asked.incident_id, searched_words(asked.what.text))
    return await search_store.with_any_of_each(session, words, _READ)


async def _record_access(
    session: Session, incident: Incident, asked: Search, found: Found, actor: str, now: datetime
) -> None:
    searched = PeopleSearched(
        incident_id=incident.id,
        exercise=incident.exercise,
        actor=actor,
        by=asked.by,
        found=len(found.people),
        purpose=asked.purpose,
        searched_at=now,
    )
    seen = [
        PersonalDataSeen(
            incident_id=incident.id,
            exercise=incident.exercise,
            registration_id=row.id,
            actor=actor,
            field_sets=(CONTACT, IDENTITY),
            purpose=f"search/{asked.purpose}",
            seen_at=now,
        )
        for row in found.people
    ]
    await outbox.emit(session, [searched, *seen])
