"""Bulk writes of the projection. Lock order: waves, people, counters, versions; each by key."""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from operator import attrgetter, itemgetter
from uuid import UUID

from contracts.events.registration import IncidentCorrected, IncidentOpened
from contracts.events.vocabulary import StepKind
from kit.database.database import Session
from services.console.projection.contact import Contact, ContactStage
from services.console.projection.counters import CounterChanges, PersonRecord
from services.console.projection.person import PersonProjection
from services.console.projection.wave import Launch, LaunchedWaveState, WaveProjection

NOT_KNOWN = PersonProjection()

_PERSON = {
    field.name: {bool: "bool", str: "text", int: "bigint"}.get(
        type(getattr(NOT_KNOWN, field.name)), "timestamptz"
    )
    for field in fields(PersonProjection)
}
"""The columns of a person and their types: the fields, in their order."""
_STORED = _PERSON | {"expires_at": "timestamptz"}
"""With the derived column that queries search by."""
_WRITE = f"""
    update person p set {", ".join(f"{name} = u.{name}" for name in _STORED)}
    from unnest($1::uuid[], {", ".join(f"${at}::{kind}[]" for at, kind in enumerate(_STORED.values(), 2))})
        as u(registration_id, {", ".join(_STORED)})
    where p.registration_id = u.registration_id
"""  # noqa: S608 - our own column names
_values = attrgetter(*_STORED)


async def open_incidents(session: Session, opened: Sequence[IncidentOpened]) -> None:
    await session.execute(
        """
        insert into incident (incident_id, name, kind, place, started_at, event_authority, hotline, web_page,
            exercise)
        select * from unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::timestamptz[], $6::text[],
            $7::text[], $8::text[], $9::bool[])
        on conflict do nothing
        """,
        [e.incident_id for e in opened],
        [e.name for e in opened],
        [e.kind for e in opened],
        [e.place for e in opened],
        [e.started_at for e in opened],
        [e.event_authority for e in opened],
        [e.hotline for e in opened],
        [e.web_page for e in opened],
        [e.exercise for e in opened],
    )


async def correct_incident(session: Session, event: IncidentCorrected) -> None:
    await session.execute(
        """
        insert into incident as i (incident_id, name, kind, place, started_at, event_authority, hotline,
            web_page, exercise, corrected_at)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
        on conflict (incident_id) do update set name = excluded.name, kind = excluded.kind,
            place = excluded.place, started_at = excluded.started_at,
            event_authority = excluded.event_authority, hotline = excluded.hotline,
            web_page = excluded.web_page, corrected_at = excluded.corrected_at
        where i.corrected_at is null or i.corrected_at < excluded.corrected_at
        """,
        event.incident_id,
        event.name,
        event.kind,
        event.place,
        event.started_at,
        event.event_authority,
        event.hotline,
        event.web_page,
        event.exercise,
        event.corrected_at,
    )


async def close_incidents(
    session: Session, moved: Sequence[tuple[UUID, datetime | None, datetime | None]]
) -> None:
    """Keep the latest times. `moved`: incident, closed_at, reopened_at; one row for each incident."""
    await session.execute(
        "insert into incident_closing as c (incident_id, closed_at, reopened_at) "
        "select * from unnest($1::uuid[], $2::timestamptz[], $3::timestamptz[]) "
        "on conflict (incident_id) do update set closed_at = greatest(c.closed_at, excluded.closed_at), "
        "reopened_at = greatest(c.reopened_at, excluded.reopened_at)",
        *[list(column) for column in zip(*moved, strict=True)],
    )


@dataclass(frozen=True, slots=True)
class WaveRow:
    """A row of `wave`. Without `launched_at` the launch is not known yet; `planned`, `excluded`: JSON."""

    wave_id: UUID
    incident_id: UUID
    plan: str | None
    launched_at: datetime | None
    planned: str
    excluded: str
    state: str
    state_at: datetime

    def projection(self) -> WaveProjection:
        launch = None
        if self.plan is not None and self.launched_at is not None:
            planned, excluded = json.loads(self.planned), json.loads(self.excluded)
            launch = Launch(
                self.plan, self.launched_at, tuple(map(tuple, planned)), tuple(map(tuple, excluded))
            )
        return WaveProjection(self.incident_id, LaunchedWaveState(self.state), self.state_at, launch)


WAVE_COLUMNS = ", ".join(field.name for field in fields(WaveRow))


async def lock_waves(session: Session, wave_ids: Collection[UUID]) -> dict[UUID, WaveProjection]:
    rows = await session.fetch(
        WaveRow,
        f"select {WAVE_COLUMNS} from wave "  # noqa: S608 - our own column names
        "where wave_id = any($1::uuid[]) order by wave_id for no key update",
        list(wave_ids),
    )
    return {row.wave_id: row.projection() for row in rows}


async def write_waves(session: Session, waves: Mapping[UUID, WaveProjection]) -> None:
    rows = [(wave_id, waves[wave_id], waves[wave_id].launch) for wave_id in sorted(waves)]
    await session.execute(
        """
        insert into wave (wave_id, incident_id, plan, launched_at, planned, excluded, state, state_at)
        select * from unnest($1::uuid[], $2::uuid[], $3::text[], $4::timestamptz[], $5::text[], $6::text[],
            $7::text[], $8::timestamptz[])
        on conflict (wave_id) do update set plan = excluded.plan, launched_at = excluded.launched_at,
            planned = excluded.planned, excluded = excluded.excluded, state = excluded.state,
            state_at = excluded.state_at
        """,
        [wave_id for wave_id, _, _ in rows],
        [wave.incident_id for _, wave, _ in rows],
        [launch.plan if launch else None for _, _, launch in rows],
        [launch.at if launch else None for _, _, launch in rows],
        [json.dumps(launch.planned if launch else []) for _, _, launch in rows],
        [json.dumps(launch.excluded if launch else []) for _, _, launch in rows],
        [wave.state for _, wave, _ in rows],
        [wave.state_at for _, wave, _ in rows],
    )


async def lock_people(session: Session, incidents: Mapping[UUID, UUID]) -> dict[UUID, PersonRecord]:
    """Lock people and return them with their contacts. Missing rows are inserted."""
    ids = sorted(incidents)
    await session.execute(
        "insert into person (registration_id, incident_id) select * from unnest($1::uuid[], $2::uuid[]) "
        "on conflict do nothing",
        ids,
        [incidents[key] for key in ids],
    )
    rows = await session.fetch(
        f"select registration_id, incident_id, {', '.join(_PERSON)} from person "  # noqa: S608 - our own names
        "where registration_id = any($1::uuid[]) order by registration_id for no key update",
        ids,
    )
    found = await session.fetch(
        "select registration_id, contact_id, wave_id, municipality, kind, state, at, channel, reason, "
        "handed_over from contact where registration_id = any($1::uuid[])",
        ids,
    )
    contacts: dict[UUID, dict[UUID, Contact]] = {}
    for registration_id, contact_id, wave_id, municipality, kind, state, *rest in found:
        contact = Contact(wave_id, municipality, StepKind(kind), ContactStage(state), *rest)
        contacts.setdefault(registration_id, {})[contact_id] = contact
    return {
        row[0]: PersonRecord(row[1], PersonProjection(*row[2:]), contacts.get(row[0], {})) for row in rows
    }


async def people_to_expire(session: Session, at: datetime, limit: int) -> dict[UUID, UUID]:
    """Return people, with their incident, whose expiry is due, or was applied and is now later."""
    due = await session.fetchpairs(
        "select registration_id, incident_id from person "
        "where expires_at <= $1 and (lapsed_for is null or lapsed_for < expires_at) limit $2",
        at,
        limit,
    )
    return due | await session.fetchpairs(
        "select registration_id, incident_id from person where lapsed_for > $1 limit $2", at, limit
    )


async def write_people(
    session: Session, before: Mapping[UUID, PersonRecord], after: Mapping[UUID, PersonRecord]
) -> None:
    changed = [
        (key, *_values(known.person)) for key, known in after.items() if known.person != before[key].person
    ]
    if changed:
        await session.execute(_WRITE, *[list(column) for column in zip(*changed, strict=True)])
    contacts = [
        (key, contact_id, contact)
        for key, known in after.items()
        for contact_id, contact in known.contacts.items()
        if before[key].contacts.get(contact_id) != contact
    ]
    if contacts:
        await _write_contacts(session, contacts)


async def _write_contacts(session: Session, contacts: Sequence[tuple[UUID, UUID, Contact]]) -> None:
    await session.execute(
        """
        insert into contact (registration_id, contact_id, wave_id, municipality, kind, state, at, channel,
            reason, handed_over)
        select * from unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::text[], $5::text[], $6::text[],
            $7::timestamptz[], $8::text[], $9::text[], $10::bool[])
        on conflict (registration_id, contact_id) do update set municipality = excluded.municipality,
            state = excluded.state, at = excluded.at, channel = excluded.channel, reason = excluded.reason,
            handed_over = excluded.handed_over
        """,
        [key for key, _, _ in contacts],
        [contact_id for _, contact_id, _ in contacts],
        [c.wave_id for _, _, c in contacts],
        [c.municipality for _, _, c in contacts],
        [c.kind for _, _, c in contacts],
        [c.state for _, _, c in contacts],
        [c.at for _, _, c in contacts],
        [c.channel for _, _, c in contacts],
        [c.reason for _, _, c in contacts],
        [c.handed_over for _, _, c in contacts],
    )


async def count(session: Session, changes: CounterChanges) -> None:
    people = sorted((item for item in changes.people.items() if item[1]), key=itemgetter(0))
    contacts = sorted((item for item in changes.contacts.items() if item[1]), key=itemgetter(0))
    if people:
        await session.execute(
            """
            insert into people_count
            select * from unnest($1::uuid[], $2::text[], $3::text[], $4::smallint[], $5::bigint[])
            on conflict (incident_id, municipality, bucket, stages)
            do update set people = people_count.people + excluded.people
            """,
            *_columns(people),
        )
    if contacts:
        await session.execute(
            """
            insert into contact_count
            select * from unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::text[], $6::text[],
                $7::text[], $8::bigint[])
            on conflict (incident_id, wave_id, municipality, kind, channel, state, reason)
            do update set contacts = contact_count.contacts + excluded.contacts
            """,
            *_columns(contacts),
        )


def _columns(counted: Sequence[tuple[tuple[object, ...], int]]) -> list[list[object]]:
    return [list(column) for column in zip(*((*place, delta) for place, delta in counted), strict=True)]


async def move_versions(session: Session, incident_ids: Collection[UUID]) -> None:
    if incident_ids:
        await session.execute(
            "insert into incident_version select id, 1 from unnest($1::uuid[]) as u(id) "
            "on conflict (incident_id) do update set version = incident_version.version + 1",
            sorted(incident_ids),
        )
