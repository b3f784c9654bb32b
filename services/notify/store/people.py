"""The projection of incidents, waves and people, as registration.v1 and outreach.v1 tell of them."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import lru_cache
from uuid import UUID

import asyncpg

from contracts.event import PersonEvent
from contracts.registration import IncidentOpened, PersonRegistered
from contracts.vocabulary import Channel
from kit.database import Session
from services.notify.domain.consent import Consent, Consents, Standing

CONSENTS = """
    registration_consent, registration_given_at, registration_expires_at, registration_withdrawn_at,
    registration_stands, contact_consent, contact_channels, contact_given_at, contact_expires_at,
    contact_withdrawn_at, contact_stands
"""
# `p` is a person, `$1` the moment: why_not_by in domain/consent.py says the same, and why
STANDS = """
    (p.forgotten_at is null and p.registration_stands and p.registration_expires_at > $1
     and p.contact_stands and p.contact_expires_at > $1)
"""


@lru_cache(maxsize=1024)
def _channels(names: tuple[str, ...]) -> tuple[Channel, ...]:
    return tuple(Channel(name) for name in names)


def consents(row: asyncpg.Record) -> Consents:
    """Read the two standings, registration and contact, of a row with CONSENTS."""
    registration, contact = (
        _standing(row, "registration", ()),
        _standing(row, "contact", _channels(tuple(row["contact_channels"]))),
    )
    return registration, contact


def _standing(row: asyncpg.Record, purpose: str, channels: tuple[Channel, ...]) -> Standing:
    consent_id, withdrawn_at = row[f"{purpose}_consent"], row[f"{purpose}_withdrawn_at"]
    stands = bool(row[f"{purpose}_stands"])
    if consent_id is None:
        return Standing(None, withdrawn_at, stands)
    consent = Consent(consent_id, channels, row[f"{purpose}_given_at"], row[f"{purpose}_expires_at"])
    return Standing(consent, withdrawn_at, stands)


async def open_incidents(session: Session, incidents: Sequence[IncidentOpened]) -> None:
    await session.run(
        """
        insert into incident (incident_id, exercise, known, name, hotline, web_page)
        select i, e, true, n, h, w from unnest($1::uuid[], $2::boolean[], $3::text[], $4::text[], $5::text[])
            as u(i, e, n, h, w) order by i
        on conflict (incident_id) do update set known = true, name = excluded.name,
            hotline = excluded.hotline, web_page = excluded.web_page
        """,
        *columns([(e.incident_id, e.exercise, e.name, e.hotline, e.web_page) for e in incidents]),
    )


async def expect_incidents(session: Session, incidents: Sequence[tuple[UUID, bool]]) -> None:
    await session.run(
        "insert into incident (incident_id, exercise) "
        "select * from unnest($1::uuid[], $2::boolean[]) u(i, e) order by i on conflict do nothing",
        *columns(incidents),
    )


async def expect_people(session: Session, people: Sequence[tuple[UUID, UUID, bool]]) -> None:
    """Make a place for people whom outreach told of before registration did."""
    await session.run(
        "insert into person (registration_id, incident_id, exercise) "
        "select * from unnest($1::uuid[], $2::uuid[], $3::boolean[]) u(r, i, e) order by r "
        "on conflict do nothing",
        *columns(people),
    )


async def move_waves(session: Session, waves: Sequence[tuple[UUID, str, datetime]]) -> None:
    """`waves`: id, state, since when; one of each. The latest state stands, and a cancelled wave stays so."""
    await session.run(
        """
        insert into wave as w (wave_id, state, told_at)
        select * from unnest($1::uuid[], $2::text[], $3::timestamptz[]) u(i, s, t) order by i
        on conflict (wave_id) do update set state = excluded.state, told_at = excluded.told_at
        where w.state <> 'cancelled' and (w.told_at <= excluded.told_at or excluded.state = 'cancelled')
        """,
        *columns(waves),
    )


async def lock_consents(session: Session, ids: Iterable[UUID]) -> dict[UUID, Consents]:
    rows = await session.fetch(
        f"select registration_id, {CONSENTS} from person "  # noqa: S608 - our own column names
        "where registration_id = any($1::uuid[]) order by registration_id for no key update",
        list(ids),
    )
    return {row["registration_id"]: consents(row) for row in rows}


_SET_CONSENTS = (
    f"({CONSENTS}) = (" + ",".join(f"excluded.{name.strip()}" for name in CONSENTS.split(",")) + ")"
)
_CONSENT_VALUES = "rc, rg, rx, rw, rs, cc, string_to_array(ch, ','), cg, cx, cw, cs"
_CONSENT_ARRAYS = """$4::uuid[], $5::timestamptz[], $6::timestamptz[], $7::timestamptz[], $8::boolean[],
    $9::uuid[], $10::text[], $11::timestamptz[], $12::timestamptz[], $13::timestamptz[], $14::boolean[]"""

_REGISTER = f"""
insert into person as p (registration_id, incident_id, exercise, {CONSENTS}, registered, contact)
select r, i, e, {_CONSENT_VALUES}, true, contact
from unnest($1::uuid[], $2::uuid[], $3::boolean[], {_CONSENT_ARRAYS}, $15::bytea[])
    as u(r, i, e, rc, rg, rx, rw, rs, cc, ch, cg, cx, cw, cs, contact)
order by r
on conflict (registration_id) do update set {_SET_CONSENTS}, registered = true,
    contact = case when p.forgotten_at is null then excluded.contact end
"""  # noqa: S608 - our own column names

_WRITE_CONSENTS = f"""
insert into person (registration_id, incident_id, exercise, {CONSENTS})
select r, i, e, {_CONSENT_VALUES} from unnest($1::uuid[], $2::uuid[], $3::boolean[], {_CONSENT_ARRAYS})
    as u(r, i, e, rc, rg, rx, rw, rs, cc, ch, cg, cx, cw, cs)
order by r
on conflict (registration_id) do update set {_SET_CONSENTS}
"""  # noqa: S608 - our own column names


_INTRODUCE = f"""
insert into person (registration_id, incident_id, exercise, {CONSENTS}, registered, contact)
select r, i, e, {_CONSENT_VALUES}, registered, contact
from unnest($1::uuid[], $2::uuid[], $3::boolean[], {_CONSENT_ARRAYS}, $15::boolean[], $16::bytea[])
    as u(r, i, e, rc, rg, rx, rw, rs, cc, ch, cg, cx, cw, cs, registered, contact)
order by r
on conflict do nothing returning registration_id
"""  # noqa: S608 - our own column names


async def introduce(session: Session, people: Sequence[tuple[PersonEvent, Consents]]) -> set[UUID]:
    """Write the people there is no row of; give those. The others' rows are there then, to be locked."""
    rows = [
        (
            *_key(event),
            *_flat(found),
            *((True, event.contact) if isinstance(event, PersonRegistered) else (False, None)),
        )
        for event, found in people
    ]
    return {row[0] for row in await session.fetch(_INTRODUCE, *columns(rows))}


async def register(session: Session, people: Sequence[tuple[PersonRegistered, Consents]]) -> None:
    """Write people with their consents. One who is forgotten gets no contact details back."""
    rows = [(*_key(event), *_flat(found), event.contact) for event, found in people]
    await session.run(_REGISTER, *columns(rows))


async def write_consents(session: Session, people: Sequence[tuple[PersonEvent, Consents]]) -> None:
    await session.run(_WRITE_CONSENTS, *columns([(*_key(event), *_flat(found)) for event, found in people]))


def _key(event: PersonEvent) -> tuple[UUID, UUID, bool]:
    return event.registration_id, event.incident_id, event.exercise


def _flat(found: Consents) -> tuple[object, ...]:
    registration, contact = found
    channels = ",".join(contact.consent.channels) if contact.consent else ""
    first, *rest = _standing_columns(contact)
    return (*_standing_columns(registration), first, channels, *rest)


def _standing_columns(standing: Standing) -> tuple[object, ...]:
    consent = standing.consent
    given = (consent.consent_id, consent.given_at, consent.expires_at) if consent else (None, None, None)
    return (*given, standing.withdrawn_at, standing.stands)


async def forget(session: Session, people: Sequence[tuple[UUID, UUID, bool, datetime]]) -> None:
    await session.run(
        """
        insert into person (registration_id, incident_id, exercise, forgotten_at)
        select * from unnest($1::uuid[], $2::uuid[], $3::boolean[], $4::timestamptz[]) as u(r, i, e, f)
        order by r
        on conflict (registration_id) do update set forgotten_at = excluded.forgotten_at, contact = null
        """,
        *columns(people),
    )


async def no_longer_consenting(
    session: Session, at: datetime, asked: Sequence[tuple[UUID, str]]
) -> list[asyncpg.Record]:
    """Look once more. `asked`: registration and channel; give those who may not be written to."""
    return await session.fetch(
        f"""
        select p.registration_id, u.channel, p.forgotten_at is not null as forgotten, {CONSENTS}
        from unnest($2::uuid[], $3::text[]) as u(registration_id, channel)
        join person p on p.registration_id = u.registration_id
        where not ({STANDS} and u.channel = any(p.contact_channels))
        """,  # noqa: S608 - our own column names
        at,
        *columns(asked),
    )


def columns(rows: Sequence[Sequence[object]]) -> list[list[object]]:
    return [list(column) for column in zip(*rows, strict=True)]
