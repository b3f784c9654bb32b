"""Deletes the keys of the forgotten; a crash between decision and deletion is made good by the loop."""

from collections.abc import Sequence
from datetime import datetime

import asyncpg

from contracts.events.ids import RegistrationId
from contracts.events.registration import PersonForgotten
from kit.database import outbox
from kit.database.database import Session
from kit.runtime.metrics import exercise
from services.registration import metrics
from services.registration.store import erasure, person_links
from services.registration.use_cases.register_people import Desk

_CHUNK = 500


async def forget_people(
    session: Session, people: Sequence[asyncpg.Record], at: datetime, by: str, why: Sequence[bytes | None]
) -> list[RegistrationId]:
    """Decide and tell it; give whose keys are to be deleted once that is committed.

    `people`: locked rows, each of one who speaks for their repeats. `why`: a reason for each, sealed.
    The others have heard of those who were merged away, and are told that these are forgotten too.
    """
    ids = [one["id"] for one in people]
    merged = await person_links.merged_away(session, ids)
    gone = await erasure.mark_forgotten(session, ids, at, by, why)
    told = [(one, one["id"]) for one in people]
    told += [(one, away) for one in people for away in merged.get(one["id"], ())]
    await outbox.emit(session, [_forgotten(one, registration_id, at) for one, registration_id in told])
    for one in people:
        metrics.FORGOTTEN.labels(exercise(one["exercise"])).inc()
    return gone


def _forgotten(one: asyncpg.Record, registration_id: RegistrationId, at: datetime) -> PersonForgotten:
    return PersonForgotten(
        incident_id=one["incident_id"],
        exercise=one["exercise"],
        registration_id=registration_id,
        forgotten_at=at,
    )


async def delete_keys(desk: Desk, owners: Sequence[RegistrationId]) -> None:
    await desk.keyring.forget(owners)
    async with desk.database.transaction() as session:
        await erasure.mark_keys_deleted(session, owners)


class KeyDeletion:
    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def round(self) -> bool:
        async with self._desk.database.transaction() as session:
            owners = await erasure.keys_to_delete(session, _CHUNK)
        if owners:
            await delete_keys(self._desk, owners)
        return len(owners) == _CHUNK
