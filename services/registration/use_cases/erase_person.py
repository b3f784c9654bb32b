"""Erase people: record the decision, emit it, delete their keys."""

from collections.abc import Sequence
from datetime import datetime

from contracts.events.ids import RegistrationId
from kit.database.database import Session
from kit.runtime.metrics import exercise
from services.registration import metrics
from services.registration.events import person_forgotten
from services.registration.resources import Resources
from services.registration.store import erasure, person_links
from services.registration.store.retention import ErasedPerson
from services.registration.use_cases.emit_events import emit_person_events


async def forget_people(
    session: Session,
    people: Sequence[ErasedPerson],
    at: datetime,
    by: str,
    why: Sequence[bytes | None],
) -> list[RegistrationId]:
    """Record and emit that people are erased. Return the registrations whose keys to delete after the commit.

    `people`: locked rows of first registrations. `why`: a sealed reason for each.
    Other services know merged registrations by their own ids. So each of those gets an event too.
    """
    ids = [one.id for one in people]
    merged = await person_links.merged_away(session, ids)
    gone = await erasure.mark_forgotten(session, ids, at, by, why)
    told = [(one, one.id) for one in people]
    told += [(one, away) for one in people for away in merged.get(one.id, ())]
    await emit_person_events(
        session, [person_forgotten(one, registration_id, at) for one, registration_id in told]
    )
    for one in people:
        metrics.FORGOTTEN.labels(exercise(one.exercise)).inc()
    return gone


async def delete_keys(resources: Resources, owners: Sequence[RegistrationId]) -> None:
    await resources.keyring.forget(owners)
    async with resources.database.transaction() as session:
        await erasure.mark_keys_deleted(session, owners)
