"""Store of what corrections and merges of people change beside their state."""

from collections.abc import Sequence
from uuid import UUID

from contracts.events.registration import PersonCorrected, PersonMerged, PersonUnmerged
from kit.database.database import Session


async def note_identity_correction(session: Session, event: PersonCorrected) -> None:
    """Record the time of an identity correction. Recipients of earlier requests no longer count."""
    await session.execute(
        "update person set identity_corrected_at = greatest(identity_corrected_at, $2) "
        "where registration_id = $1",
        event.registration_id,
        event.corrected_at,
    )


async def merge(session: Session, events: Sequence[PersonMerged]) -> None:
    """Note when people were merged, and attach their messages to their primary registration."""
    for event in events:
        await session.execute(
            "update person set merged_at = greatest(merged_at, $2) where registration_id = $1",
            event.registration_id,
            event.merged_at,
        )
    await _collect_messages(session, [event.registration_id for event in events])


async def unmerge(session: Session, event: PersonUnmerged) -> None:
    await _collect_messages(session, [event.registration_id, event.out_of])


async def _collect_messages(session: Session, changed: Sequence[UUID]) -> None:
    """Collect the messages of merged people for those they are merged into, along chains of merges.

    Later requests of merged people never start, so these are all.
    """
    await session.execute(
        """
        with recursive up as (
            select p.registration_id, p.incident_id, p.exercise from person p
            where p.registration_id = any($1::uuid[])
            union
            select p.merged_into, up.incident_id, up.exercise from up join person p using (registration_id)
            where p.merged
        ), down as (
            select registration_id as into_id, registration_id from up
            union
            select d.into_id, p.registration_id from down d
            join person p on p.merged_into = d.registration_id and p.merged
        ), found as (
            select up.registration_id, up.incident_id, up.exercise,
                array_agg(m.contact_id) filter (where m.contact_id is not null) as twins
            from up join down d on d.into_id = up.registration_id
            left join message m on m.incident_id = up.incident_id
                and m.registration_id = d.registration_id and d.registration_id <> up.registration_id
            group by 1, 2, 3
        )
        insert into person as p (registration_id, incident_id, exercise, twins) select * from found
        order by registration_id
        on conflict (registration_id) do update set twins = excluded.twins
        """,
        changed,
    )
