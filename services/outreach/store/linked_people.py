"""Linked registrations of one person: find and lock them together."""

from collections.abc import Iterable, Sequence
from uuid import UUID

from kit.database.database import Session
from services.outreach.store.people import LockedPerson, lock

_ONE_PERSON = """
with recursive up(start, at) as (
    select id, id from unnest($1::uuid[]) as id
    union
    select up.start, p.merged_into from up join person p on p.registration_id = up.at and p.merged
), roots as (
    select distinct at as primary_id from up
    where not exists (select from person p where p.registration_id = up.at and p.merged)
), down(primary_id, at) as (
    select primary_id, primary_id from roots
    union
    select d.primary_id, p.registration_id from down d join person p on p.merged_into = d.at and p.merged
)
select at as registration_id, primary_id from down
"""


async def add_primaries(session: Session, ids: Sequence[UUID]) -> list[UUID]:
    """Return the ids and, for merged registrations, those they are merged into."""
    return await session.fetchcolumn(
        """
        with recursive one as (
            select unnest($1::uuid[]) as registration_id
            union
            select p.merged_into from one join person p using (registration_id) where p.merged
        )
        select registration_id from one
        """,
        ids,
    )


async def load_linked(session: Session, ids: Iterable[UUID]) -> dict[UUID, UUID]:
    """Return all linked registrations of the people, each with its primary registration."""
    return await session.fetchpairs(_ONE_PERSON, list(set(ids)))


async def lock_linked(
    session: Session, ids: Iterable[UUID]
) -> tuple[dict[UUID, UUID], dict[UUID, LockedPerson]]:
    """Lock all linked registrations of the people; return the results of `load_linked` and `lock`.

    A merge may come in between. Then lock the added registrations too.
    """
    wanted = set(ids)
    while True:
        rows = await lock(session, wanted)
        primaries = await load_linked(session, wanted)
        if primaries.keys() <= wanted:
            return primaries, rows
        wanted |= primaries.keys()
