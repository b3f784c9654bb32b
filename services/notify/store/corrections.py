"""Store of corrections, restrictions and merges of people. The latest fact wins in any order of events."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from contracts.events.registration import (
    ContactBarLifted,
    ContactBarred,
    PersonCorrected,
    PersonMerged,
    PersonUnmerged,
)
from contracts.events.vocabulary import BarReason
from contracts.wire.event import PersonEvent
from kit.database.database import Session


def _key(event: PersonEvent) -> tuple[UUID, UUID, bool]:
    return event.registration_id, event.incident_id, event.exercise


async def correct(session: Session, event: PersonCorrected) -> None:
    """Write corrected contact details. An erased person gets none back."""
    await session.execute(
        """
        insert into person as p (registration_id, incident_id, exercise, contact, corrected_at)
        values ($1, $2, $3, $4, $5)
        on conflict (registration_id) do update set corrected_at = excluded.corrected_at,
            contact = case when p.forgotten_at is null then excluded.contact end
        where p.corrected_at is null or p.corrected_at < excluded.corrected_at
        """,
        *_key(event),
        event.contact,
        event.corrected_at,
    )


async def note_identity_correction(session: Session, event: PersonCorrected) -> None:
    """Record the time of an identity correction. Recipients of earlier requests no longer count."""
    await _note_time(session, event, "identity_corrected_at", event.corrected_at)


_TIME_OF: Final[dict[tuple[type[PersonEvent], BarReason], str]] = {
    (ContactBarred, BarReason.DO_NOT_CONTACT): "do_not_contact_since",
    (ContactBarLifted, BarReason.DO_NOT_CONTACT): "do_not_contact_lifted",
    (ContactBarred, BarReason.RESTRICTED): "restricted_since",
    (ContactBarLifted, BarReason.RESTRICTED): "restricted_lifted",
}


async def write_restriction(session: Session, event: ContactBarred | ContactBarLifted) -> None:
    at = event.barred_at if isinstance(event, ContactBarred) else event.lifted_at
    await _note_time(session, event, _TIME_OF[type(event), event.reason], at)


async def _note_time(session: Session, event: PersonEvent, column: str, at: datetime) -> None:
    await session.execute(
        f"""
        insert into person as p (registration_id, incident_id, exercise, {column}) values ($1, $2, $3, $4)
        on conflict (registration_id) do update set {column} = greatest(p.{column}, excluded.{column})
        """,  # noqa: S608 - our own column names
        *_key(event),
        at,
    )


async def merge(session: Session, events: Sequence[PersonMerged]) -> None:
    """Write merges, and attach the messages of merged people to their primary registration."""
    for event in events:
        await session.execute(
            """
            insert into person as p (registration_id, incident_id, exercise, merged_into, merged_at)
            values ($1, $2, $3, $4, $5)
            on conflict (registration_id) do update set merged_into = excluded.merged_into,
                merged_at = excluded.merged_at
            where p.merged_at is null or p.merged_at < excluded.merged_at
            """,
            *_key(event),
            event.into,
            event.merged_at,
        )
    await _collect_messages(session, [event.registration_id for event in events])


async def unmerge(session: Session, event: PersonUnmerged) -> None:
    await _note_time(session, event, "unmerged_at", event.unmerged_at)
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
