"""The facts about each person on which disclosure depends."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from uuid import UUID

from contracts.events.ids import AuthorityId, ConsentId, RegistrationId
from contracts.events.registration import IncidentCorrected, IncidentOpened, PersonCorrected, PersonRegistered
from contracts.wire.event import PersonEvent
from kit.database.database import Session
from services.routing.domain.disclosure import (
    NO_FACTS,
    ConsentLedger,
    MergeState,
    PersonFacts,
    RegistrationConsent,
    RestrictionTimes,
)


@dataclass(frozen=True, slots=True)
class FactsRow:
    registration_id: RegistrationId
    consent_id: ConsentId | None
    consent_given_at: datetime
    consent_expires_at: datetime
    consent_authorities: list[AuthorityId]
    withdrawn_at: datetime | None
    restated_at: datetime | None
    restricted_at: datetime | None
    restriction_lifted_at: datetime | None
    do_not_contact_at: datetime | None
    do_not_contact_lifted_at: datetime | None
    merged_into: RegistrationId | None
    merged_at: datetime | None
    unmerged_at: datetime | None
    forgotten_at: datetime | None


FACTS = ", ".join(column.name for column in fields(FactsRow)[1:])
_FACT_ARRAYS = """$2::uuid[], $3::timestamptz[], $4::timestamptz[], $5::text[], $6::timestamptz[],
    $7::timestamptz[], $8::timestamptz[], $9::timestamptz[], $10::timestamptz[], $11::timestamptz[],
    $12::uuid[], $13::timestamptz[], $14::timestamptz[], $15::timestamptz[]"""
_FACT_VALUES = """ci, cg, cx, coalesce(string_to_array(nullif(ca, ''), ','), '{}'), w, rs, r, rl, d, dl,
    mi, m, mu, f"""
_AS_FACTS = "ci, cg, cx, ca, w, rs, r, rl, d, dl, mi, m, mu, f"

_OPEN = f"""
insert into standing (registration_id, {FACTS}, incident_id, exercise, role, place, registered_at, language,
    preferred_channel, circumstances)
select id, {_FACT_VALUES}, incident, exercise, role, place, at, language, channel, circumstances
from unnest($1::uuid[], {_FACT_ARRAYS}, $16::uuid[], $17::boolean[], $18::text[], $19::text[],
    $20::timestamptz[], $21::text[], $22::text[], $23::bytea[])
    as u(id, {_AS_FACTS}, incident, exercise, role, place, at, language, channel, circumstances)
on conflict do nothing returning registration_id
"""  # noqa: S608 - our own column names
_WRITE = f"""
update standing s set ({FACTS}) = row({_FACT_VALUES}),
    circumstances = case when f is null then s.circumstances end
from unnest($1::uuid[], {_FACT_ARRAYS}) as u(id, {_AS_FACTS}) where s.registration_id = u.id
"""  # noqa: S608 - our own column names
_REGISTERED = """
update standing s set place = u.place, registered_at = u.at,
    role = case when s.told_at is null then u.role else s.role end,
    language = case when s.told_at is null then u.language else s.language end,
    preferred_channel = case when s.told_at is null then u.channel else s.preferred_channel end,
    circumstances = case when s.told_at is null and s.forgotten_at is null
        then u.circumstances else s.circumstances end
from unnest($1::uuid[], $2::text[], $3::text[], $4::timestamptz[], $5::text[], $6::text[], $7::bytea[])
    as u(id, role, place, at, language, channel, circumstances) where s.registration_id = u.id
"""
_CORRECTED = """
update standing s set role = u.role, language = u.language, preferred_channel = u.channel, told_at = u.at,
    circumstances = case when s.forgotten_at is null then u.circumstances end
from unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::bytea[], $6::timestamptz[])
    as u(id, role, language, channel, circumstances, at)
where s.registration_id = u.id and (s.told_at is null or s.told_at < u.at) returning s.registration_id
"""
_INCIDENTS = """
insert into incident as i (incident_id, name, place, started_at, event_authority, told_at, event_authorities,
    exercise)
select id, name, place, started_at, authority, told_at, string_to_array(authorities, ','), exercise
from unnest($1::uuid[], $2::text[], $3::text[], $4::timestamptz[], $5::text[], $6::timestamptz[], $7::text[],
    $8::boolean[]) as u(id, name, place, started_at, authority, told_at, authorities, exercise) order by id
on conflict (incident_id) do update set name = excluded.name, place = excluded.place,
    started_at = excluded.started_at, event_authority = excluded.event_authority, told_at = excluded.told_at,
    event_authorities = excluded.event_authorities, exercise = excluded.exercise
where i.name is null or i.told_at < coalesce(excluded.told_at, '-infinity')
"""


@dataclass(frozen=True, slots=True)
class FirstSeenPerson:
    """A person seen for the first time, possibly by another event than the registration."""

    event: PersonEvent
    registered: PersonRegistered | None
    facts: PersonFacts


def read_facts(row: FactsRow) -> PersonFacts:
    consent = None
    if row.consent_id is not None:
        consent = RegistrationConsent(
            row.consent_id, row.consent_given_at, row.consent_expires_at, tuple(row.consent_authorities)
        )
    return PersonFacts(
        ConsentLedger(consent, row.withdrawn_at, row.restated_at),
        RestrictionTimes(row.restricted_at, row.restriction_lifted_at),
        RestrictionTimes(row.do_not_contact_at, row.do_not_contact_lifted_at),
        MergeState(row.merged_into, row.merged_at, row.unmerged_at),
        row.forgotten_at,
    )


async def insert_people(session: Session, people: Sequence[FirstSeenPerson]) -> set[UUID]:
    """Insert people that are not stored yet; return their ids. Existing rows are unchanged."""
    rows = [_row(one) for one in sorted(people, key=lambda one: one.event.registration_id)]
    return set(await session.fetchcolumn(_OPEN, *_columns(rows)))


async def lock_facts(session: Session, ids: Collection[UUID]) -> dict[UUID, PersonFacts]:
    rows = await session.fetch(
        FactsRow,
        f"select registration_id, {FACTS} from standing "  # noqa: S608 - our own column names
        "where registration_id = any($1::uuid[]) order by registration_id for no key update",
        list(ids),
    )
    return {row.registration_id: read_facts(row) for row in rows}


async def load_facts(session: Session, registration_id: UUID) -> PersonFacts:
    row = await session.fetchrow(
        FactsRow,
        f"select registration_id, {FACTS} from standing where registration_id = $1",  # noqa: S608 - our own column names
        registration_id,
    )
    return NO_FACTS if row is None else read_facts(row)


async def write_facts(session: Session, known: Mapping[UUID, PersonFacts]) -> None:
    await session.execute(_WRITE, *_columns([(key, *_flat(found)) for key, found in known.items()]))


async def write_registered(session: Session, events: Sequence[PersonRegistered]) -> None:
    """Write how and where the person was registered. Later corrections are kept."""
    rows = [
        (
            e.registration_id,
            e.role,
            e.place,
            e.registered_at,
            e.language,
            e.preferred_channel,
            e.circumstances,
        )
        for e in events
    ]
    await session.execute(_REGISTERED, *_columns(rows))


async def write_corrected(session: Session, events: Sequence[PersonCorrected]) -> set[UUID]:
    """Write the last correction of each person; return the people whose row changed."""
    last = {e.registration_id: e for e in sorted(events, key=lambda e: e.corrected_at)}
    rows = [
        (e.registration_id, e.role, e.language, e.preferred_channel, e.circumstances, e.corrected_at)
        for e in last.values()
    ]
    return set(await session.fetchcolumn(_CORRECTED, *_columns(rows)))


async def write_incidents(session: Session, events: Sequence[IncidentOpened | IncidentCorrected]) -> None:
    last = {e.incident_id: e for e in sorted(events, key=_event_time)}
    rows = [
        (
            e.incident_id,
            e.name,
            e.place,
            e.started_at,
            e.event_authority,
            _event_time(e),
            ",".join(dict.fromkeys((e.event_authority, *e.event_authorities))),
            e.exercise,
        )
        for e in last.values()
    ]
    await session.execute(_INCIDENTS, *_columns(rows))


def _event_time(event: IncidentOpened | IncidentCorrected) -> datetime:
    # an opening precedes every correction, whenever the incident began
    return event.corrected_at if isinstance(event, IncidentCorrected) else datetime.min.replace(tzinfo=UTC)


def _row(one: FirstSeenPerson) -> tuple[object, ...]:
    event, registered = one.event, one.registered
    row = (event.registration_id, *_flat(one.facts), event.incident_id, event.exercise)
    if registered is None:
        return (*row, None, None, None, None, None, None)
    return (
        *row,
        registered.role,
        registered.place,
        registered.registered_at,
        registered.language,
        registered.preferred_channel,
        registered.circumstances if one.facts.forgotten_at is None else None,
    )


def _flat(found: PersonFacts) -> tuple[object, ...]:
    consent, ledger = found.ledger.consent, found.ledger
    given = (
        (consent.consent_id, consent.given_at, consent.expires_at, ",".join(consent.authorities))
        if consent
        else (None, None, None, "")
    )
    return (
        *given, ledger.withdrawn_at, ledger.restated_at,
        found.restricted.at, found.restricted.lifted_at,
        found.do_not_contact.at, found.do_not_contact.lifted_at,
        found.merge.into, found.merge.at, found.merge.undone_at, found.forgotten_at,
    )  # fmt: skip


def _columns(rows: Sequence[Sequence[object]]) -> list[list[object]]:
    return [list(column) for column in zip(*rows, strict=True)]
