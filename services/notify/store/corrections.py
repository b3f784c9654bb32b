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
    await _attach_messages(session, [event.registration_id for event in events])


async def _attach_messages(session: Session, merged_away: Sequence[UUID]) -> None:
    """Collect the messages of merged people. Later requests never start, so these are all."""
    await session.execute(
        """
        with away as (
            select registration_id, incident_id, exercise, merged_into, twins from person
            where registration_id = any($1::uuid[]) and merged
        ), begun as (
            select a.merged_into as into_id, a.incident_id, a.exercise, m.contact_id
            from away a join message m on m.incident_id = a.incident_id
                and m.registration_id = a.registration_id
            union
            select merged_into, incident_id, exercise, unnest(twins) from away
        ), found as (
            select into_id, incident_id, exercise, array_agg(contact_id) as twins from begun group by 1, 2, 3
        )
        insert into person as p (registration_id, incident_id, exercise, twins) select * from found
        order by into_id
        on conflict (registration_id) do update set twins = array(
            select distinct t from unnest(coalesce(p.twins, '{}') || excluded.twins) as u(t))
        """,
        merged_away,
    )


async def unmerge(session: Session, event: PersonUnmerged) -> None:
    await _note_time(session, event, "unmerged_at", event.unmerged_at)
    await session.execute(
        """
        update person set twins = array(select t from unnest(twins) as u(t) where not exists (
            select from message m where m.contact_id = t and m.registration_id = $2))
        where registration_id = $1 and exists (
            select from person where registration_id = $2 and not merged)
        """,
        event.out_of,
        event.registration_id,
    )
