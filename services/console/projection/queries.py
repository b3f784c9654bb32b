"""Queries of the pages: counters, incidents, waves. No query returns a person."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from contracts.events.vocabulary import StepKind
from kit.database.database import Session
from services.console.projection.contact import ContactStage
from services.console.projection.funnel import ContactRow, Funnel, PeopleRow, assemble
from services.console.projection.person import PersonBucket, Stage
from services.console.projection.store import WAVE_COLUMNS, WaveRow
from services.console.projection.wave import WaveProjection


@dataclass(frozen=True, slots=True)
class IncidentRow:
    incident_id: UUID
    name: str
    kind: str
    place: str
    started_at: datetime
    event_authority: str
    hotline: str | None
    web_page: str | None
    exercise: bool
    closed_at: datetime | None
    registered: int


_INCIDENT = """
select i.incident_id, i.name, i.kind, i.place, i.started_at, i.event_authority, i.hotline, i.web_page,
    i.exercise, case when c.reopened_at > c.closed_at then null else c.closed_at end as closed_at,
    coalesce((select sum(people) from people_count p where p.incident_id = i.incident_id), 0)::bigint
        as registered
from incident i left join incident_closing c using (incident_id)
"""


async def incidents(session: Session) -> list[IncidentRow]:
    return await session.fetch(
        IncidentRow, _INCIDENT + " order by i.started_at desc, i.incident_id limit 200"
    )


async def incident(session: Session, incident_id: UUID) -> IncidentRow | None:
    return await session.fetchrow(IncidentRow, _INCIDENT + " where i.incident_id = $1", incident_id)


async def waves(session: Session, incident_id: UUID) -> dict[UUID, WaveProjection]:
    rows = await session.fetch(
        WaveRow,
        f"select {WAVE_COLUMNS} from wave "  # noqa: S608 - our own column names
        "where incident_id = $1 order by launched_at desc nulls first",
        incident_id,
    )
    return {row.wave_id: row.projection() for row in rows}


async def funnel(session: Session, incident_id: UUID) -> Funnel:
    people = await session.fetch(
        "select municipality, bucket, stages, people from people_count "
        "where incident_id = $1 and people <> 0",
        incident_id,
    )
    contacts = await session.fetch(
        "select wave_id, case kind when 'call' then municipality else '' end, kind, channel, state, reason, "
        "sum(contacts)::bigint from contact_count where incident_id = $1 group by 1, 2, 3, 4, 5, 6 "
        "having sum(contacts) <> 0",
        incident_id,
    )
    return assemble(
        [PeopleRow(code, PersonBucket(bucket), Stage(stages), n) for code, bucket, stages, n in people],
        [
            ContactRow(wave, code, StepKind(kind), channel, ContactStage(state), reason, n)
            for wave, code, kind, channel, state, reason, n in contacts
        ],
        await waves(session, incident_id),
    )


async def versions(session: Session, incident_ids: Collection[UUID]) -> dict[UUID, int]:
    return await session.fetchpairs(
        "select incident_id, version from incident_version where incident_id = any($1::uuid[])",
        list(incident_ids),
    )


async def calls_listed(session: Session) -> list[tuple[str, int]]:
    """Return the number of listed calls by authority, the most first."""
    calls = await session.fetchpairs(
        "select municipality, sum(contacts)::bigint as calls from contact_count "
        "where kind = 'call' and state = 'listed' group by 1 having sum(contacts) > 0 order by 2 desc, 1"
    )
    return list(calls.items())


async def unaccounted(session: Session) -> dict[bool, int]:
    """Return registered people minus people in buckets, by exercise, in one statement."""
    counted = await session.fetchpairs(
        """
        select coalesce(i.exercise, false) as exercise, sum(n.people)::bigint as people
        from (
            select incident_id, count(*) as people from person where revision > 0 group by 1
            union all
            select incident_id, -sum(people) from people_count group by 1
        ) n left join incident i using (incident_id)
        group by 1
        """
    )
    return {False: 0, True: 0} | counted


@dataclass(frozen=True, slots=True)
class WaveContacts:
    """Contacts of one wave that share channel and state. `wave`: its plan and launch."""

    wave: str
    channel: str
    state: str
    exercise: bool
    contacts: int


async def wave_contacts(session: Session, shown: timedelta) -> list[WaveContacts]:
    """Count the contacts of active or recently launched waves."""
    return await session.fetch(
        WaveContacts,
        """
        select w.plan || ' ' || to_char(w.launched_at at time zone 'Europe/Copenhagen', 'YYYY-MM-DD HH24:MI')
                as wave,
            case when c.kind = 'call' then 'call' else c.channel end as channel, c.state,
            coalesce(i.exercise, false) as exercise, sum(c.contacts)::bigint as contacts
        from wave w join contact_count c using (wave_id) left join incident i on i.incident_id = w.incident_id
        where w.launched_at is not null
            and (w.state in ('running', 'paused') or w.launched_at > now() - $1::interval)
        group by 1, 2, 3, 4 having sum(c.contacts) <> 0
        """,
        shown,
    )
