"""Store of incidents, waves and people, projected from registration.v1 and outreach.v1."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from uuid import UUID

from contracts.events.ids import AuthorityId
from contracts.events.registration import IncidentCorrected, IncidentOpened
from contracts.events.vocabulary import Channel
from contracts.rules.consent import Consent, Consents, ConsentState
from kit.database.database import Session

CONSENTS = """
    registration_expires_at, registration_withdrawn_at, registration_authorities, contact_expires_at,
    contact_withdrawn_at, contact_authorities, contact_channels
"""
REFUSING = "p.forgotten_at is not null as forgotten, p.merged, p.barred"
_NOBODY_NAMED = "'{}'"


@dataclass(frozen=True, slots=True)
class PersonConsents:
    """A person with the columns of CONSENTS."""

    registration_id: UUID
    registration_expires_at: datetime | None
    registration_withdrawn_at: datetime | None
    registration_authorities: list[str]
    contact_expires_at: datetime | None
    contact_withdrawn_at: datetime | None
    contact_authorities: list[str]
    contact_channels: list[str]


@dataclass(frozen=True, slots=True)
class ContactCheck(PersonConsents):
    """The columns that say whether a person may be contacted by a channel.

    `covered_by`: the authorities of which a limited consent must name one. `twin`: the state of the same
    message of a merged registration.
    """

    channel: str
    covered_by: list[AuthorityId]
    forgotten: bool
    merged: bool
    barred: str | None
    twin: int | None


def may_be_contacted(covered_by: str) -> str:
    """Return the SQL condition that person `p` may be contacted at `$1`. send_messages._why gives the reason.

    `covered_by`: an array, of which a limited consent must name one (contracts.rules.consent.names_one_of).
    """
    covered = [
        f"(p.{purpose}_authorities = {_NOBODY_NAMED} or {covered_by} && p.{purpose}_authorities)"
        for purpose in ("registration", "contact")
    ]
    return (
        "coalesce(p.forgotten_at is null and not p.merged and p.barred is null "
        "and p.registration_expires_at > $1 and p.contact_expires_at > $1 "
        f"and {covered[0]} and {covered[1]}, false)"
    )


@lru_cache(maxsize=1024)
def _channels(names: tuple[str, ...]) -> tuple[Channel, ...]:
    return tuple(Channel(name) for name in names)


@lru_cache(maxsize=1024)
def _authorities(codes: tuple[str, ...]) -> tuple[AuthorityId, ...]:
    return tuple(AuthorityId(code) for code in codes)


def read_consents(row: PersonConsents) -> Consents:
    """Read the consent states for registration and contact."""
    registration = contact = None
    if row.registration_expires_at is not None:
        covered = _authorities(tuple(row.registration_authorities))
        registration = Consent((), row.registration_expires_at, covered)
    if row.contact_expires_at is not None:
        covered = _authorities(tuple(row.contact_authorities))
        contact = Consent(_channels(tuple(row.contact_channels)), row.contact_expires_at, covered)
    return (
        ConsentState(registration, row.registration_withdrawn_at),
        ConsentState(contact, row.contact_withdrawn_at),
    )


async def open_incidents(session: Session, incidents: Sequence[IncidentOpened]) -> None:
    await session.execute(
        """
        insert into incident as n (incident_id, exercise, known, name, hotline, web_page)
        select i, e, true, n, h, w from unnest($1::uuid[], $2::boolean[], $3::text[], $4::text[], $5::text[])
            as u(i, e, n, h, w) order by i
        on conflict (incident_id) do update set known = true, name = excluded.name,
            hotline = excluded.hotline, web_page = excluded.web_page
        where n.corrected_at is null
        """,
        *columns([(e.incident_id, e.exercise, e.name, e.hotline, e.web_page) for e in incidents]),
    )


async def correct_incident(session: Session, event: IncidentCorrected) -> None:
    await session.execute(
        """
        insert into incident as n (incident_id, exercise, known, name, hotline, web_page, corrected_at)
        values ($1, $2, true, $3, $4, $5, $6)
        on conflict (incident_id) do update set known = true, name = excluded.name,
            hotline = excluded.hotline, web_page = excluded.web_page, corrected_at = excluded.corrected_at
        where n.corrected_at is null or n.corrected_at < excluded.corrected_at
        """,
        event.incident_id,
        event.exercise,
        event.name,
        event.hotline,
        event.web_page,
        event.corrected_at,
    )


async def expect_incidents(session: Session, incidents: Sequence[tuple[UUID, bool]]) -> None:
    await session.execute(
        "insert into incident (incident_id, exercise) "
        "select * from unnest($1::uuid[], $2::boolean[]) u(i, e) order by i on conflict do nothing",
        *columns(incidents),
    )


async def expect_people(session: Session, people: Sequence[tuple[UUID, UUID, bool]]) -> None:
    """Insert rows for people whose request arrived before their registration event."""
    await session.execute(
        "insert into person (registration_id, incident_id, exercise) "
        "select * from unnest($1::uuid[], $2::uuid[], $3::boolean[]) u(r, i, e) order by r "
        "on conflict do nothing",
        *columns(people),
    )


async def update_waves(session: Session, waves: Sequence[tuple[UUID, str, datetime]]) -> None:
    """Write the latest state of waves; a cancelled wave stays so. `waves`: id, state, since; each id once."""
    await session.execute(
        """
        insert into wave as w (wave_id, state, told_at)
        select * from unnest($1::uuid[], $2::text[], $3::timestamptz[]) u(i, s, t) order by i
        on conflict (wave_id) do update set state = excluded.state, told_at = excluded.told_at
        where w.state <> 'cancelled' and (w.told_at <= excluded.told_at or excluded.state = 'cancelled')
        """,
        *columns(waves),
    )


async def find_not_contactable(
    session: Session, at: datetime, recipients: Sequence[tuple[UUID, str, str]]
) -> list[ContactCheck]:
    """Check again; return the people who may not be contacted.

    `recipients`: registration, channel, and the authorities of a consent, in one text with commas between.
    """
    return await session.fetch(
        ContactCheck,
        f"""
        select p.registration_id, u.channel, u.covered_by, {REFUSING}, null::int as twin, {CONSENTS}
        from (select a.registration_id, a.channel, string_to_array(a.authorities, ',') as covered_by
            from unnest($2::uuid[], $3::text[], $4::text[]) as a(registration_id, channel, authorities)) as u
        join person p on p.registration_id = u.registration_id
        where not ({may_be_contacted("u.covered_by")} and u.channel = any(p.contact_channels))
        """,  # noqa: S608 - our own column names
        at,
        *columns(recipients),
    )


def columns(rows: Sequence[Sequence[object]]) -> list[list[object]]:
    return [list(column) for column in zip(*rows, strict=True)]
