"""The projection of people and incidents. registration.v1 and routing.v1 each write columns of their own."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import lru_cache
from uuid import UUID

import asyncpg

from contracts.event import PersonEvent
from contracts.ids import AuthorityId
from contracts.registration import PersonRegistered
from contracts.routing import HomeAuthorityResolved, HomeAuthorityUnresolved
from contracts.vocabulary import AgeBand, Channel, Contactability
from kit.database import Session
from services.outreach.domain.choosing import Person
from services.outreach.domain.consent import Consent, Standing

CONSENTS = """
    registration_consent, registration_given_at, registration_expires_at, registration_withdrawn_at,
    registration_stands, contact_consent, contact_channels, contact_given_at, contact_expires_at,
    contact_withdrawn_at, contact_stands
"""
DECIDING = f"""
    registration_id, {CONSENTS}, possible, age_band, municipality, contactability, digital_post,
    letter_allowed, recipient is not null as recipient_known, forgotten_at is not null as forgotten
"""


Consents = tuple[Standing, Standing]  # registration, contact


@lru_cache(maxsize=1024)
def _channels(names: tuple[str, ...]) -> tuple[Channel, ...]:
    return tuple(Channel(name) for name in names)


def _standing(
    consent_id: UUID | None,
    channels: Sequence[str],
    given_at: datetime | None,
    expires_at: datetime | None,
    withdrawn_at: datetime | None,
    stands: bool,  # noqa: FBT001 - a column, in the order of the table
) -> Standing:
    if consent_id is None or given_at is None or expires_at is None:
        return Standing(None, withdrawn_at, stands)
    return Standing(
        Consent(consent_id, _channels(tuple(channels)), given_at, expires_at), withdrawn_at, stands
    )


def _consents(row: asyncpg.Record) -> Consents:
    """Read the two standings, registration and contact, of a row with CONSENTS."""
    return (
        _standing(
            row["registration_consent"],
            (),
            row["registration_given_at"],
            row["registration_expires_at"],
            row["registration_withdrawn_at"],
            row["registration_stands"],
        ),
        _standing(
            row["contact_consent"],
            row["contact_channels"],
            row["contact_given_at"],
            row["contact_expires_at"],
            row["contact_withdrawn_at"],
            row["contact_stands"],
        ),
    )


def person(row: asyncpg.Record) -> Person:
    registration, contact = _consents(row)
    municipality = row["municipality"]
    return Person(
        registration=registration,
        contact=contact,
        possible=_channels(tuple(row["possible"])),
        age_band=AgeBand(row["age_band"]),
        municipality=None if municipality is None else AuthorityId(municipality),
        contactability=Contactability(row["contactability"]),
        digital_post=row["digital_post"],
        letter_allowed=row["letter_allowed"],
        recipient_known=row["recipient_known"],
        forgotten=row["forgotten"],
    )


async def open_incidents(session: Session, incidents: Sequence[tuple[UUID, bool]]) -> None:
    await session.run(
        "insert into incident (incident_id, exercise) select * from unnest($1::uuid[], $2::boolean[]) "
        "on conflict do nothing",
        *_columns(incidents),
    )


async def close_incidents(session: Session, incidents: Sequence[tuple[UUID, bool, datetime]]) -> None:
    await session.run(
        "insert into incident (incident_id, exercise, closed_at) "
        "select * from unnest($1::uuid[], $2::boolean[], $3::timestamptz[]) "
        "on conflict (incident_id) do update set closed_at = excluded.closed_at",
        *_columns(incidents),
    )


async def find_incident(session: Session, incident_id: UUID) -> asyncpg.Record | None:
    return await session.fetchrow(
        "select incident_id, exercise, closed_at from incident where incident_id = $1", incident_id
    )


async def lock_consents(session: Session, ids: Iterable[UUID]) -> dict[UUID, Consents]:
    rows = await session.fetch(
        f"select registration_id, {CONSENTS} from person "  # noqa: S608 - our own column names
        "where registration_id = any($1::uuid[]) order by registration_id for no key update",
        list(ids),
    )
    return {row["registration_id"]: _consents(row) for row in rows}


_SET_CONSENTS = (
    f"({CONSENTS}) = (" + ",".join(f"excluded.{name.strip()}" for name in CONSENTS.split(",")) + ")"
)
_CONSENT_VALUES = "rc, rg, rx, rw, rs, cc, string_to_array(ch, ','), cg, cx, cw, cs"
_CONSENT_ARRAYS = """$4::uuid[], $5::timestamptz[], $6::timestamptz[], $7::timestamptz[], $8::boolean[],
    $9::uuid[], $10::text[], $11::timestamptz[], $12::timestamptz[], $13::timestamptz[], $14::boolean[]"""

_REGISTER = f"""
insert into person as p (registration_id, incident_id, exercise, {CONSENTS},
    registered, role, language, age_band, possible, contact)
select r, i, e, {_CONSENT_VALUES}, true, role, language, age, string_to_array(possible, ','), contact
from unnest($1::uuid[], $2::uuid[], $3::boolean[], {_CONSENT_ARRAYS},
    $15::text[], $16::text[], $17::text[], $18::text[], $19::bytea[])
    as u(r, i, e, rc, rg, rx, rw, rs, cc, ch, cg, cx, cw, cs, role, language, age, possible, contact)
order by r
on conflict (registration_id) do update set {_SET_CONSENTS}, registered = true, role = excluded.role,
    language = excluded.language, age_band = excluded.age_band, possible = excluded.possible,
    contact = case when p.forgotten_at is null then excluded.contact end
"""  # noqa: S608 - our own column names

_WRITE_CONSENTS = f"""
insert into person (registration_id, incident_id, exercise, {CONSENTS})
select r, i, e, {_CONSENT_VALUES} from unnest($1::uuid[], $2::uuid[], $3::boolean[], {_CONSENT_ARRAYS})
    as u(r, i, e, rc, rg, rx, rw, rs, cc, ch, cg, cx, cw, cs)
order by r
on conflict (registration_id) do update set {_SET_CONSENTS}
"""  # noqa: S608 - our own column names


async def register(session: Session, people: Sequence[tuple[PersonRegistered, Consents]]) -> None:
    """Write people with their consents. One who is forgotten gets no contact details back."""
    rows = [
        (
            *_key(event),
            *_flat(consents),
            event.role,
            event.language,
            event.age_band,
            ",".join(event.channels),
            event.contact,
        )
        for event, consents in people
    ]
    await session.run(_REGISTER, *_columns(rows))


async def write_consents(session: Session, people: Sequence[tuple[PersonEvent, Consents]]) -> None:
    await session.run(_WRITE_CONSENTS, *_columns([(*_key(event), *_flat(found)) for event, found in people]))


def _key(event: PersonEvent) -> tuple[UUID, UUID, bool]:
    return event.registration_id, event.incident_id, event.exercise


def _flat(consents: Consents) -> tuple[object, ...]:
    registration, contact = consents
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
        on conflict (registration_id) do update
            set forgotten_at = excluded.forgotten_at, contact = null, recipient = null
        """,
        *_columns(people),
    )


async def route(
    session: Session, decisions: Sequence[HomeAuthorityResolved | HomeAuthorityUnresolved]
) -> None:
    """Write routing's columns; an older decision never replaces a newer one. One decision a person."""
    await session.run(
        """
        insert into person as p (registration_id, incident_id, exercise, municipality, contactability,
            digital_post, letter_allowed, recipient, decided_at)
        select * from unnest($1::uuid[], $2::uuid[], $3::boolean[], $4::text[], $5::text[], $6::boolean[],
            $7::boolean[], $8::bytea[], $9::timestamptz[]) as u(r, i, e, m, c, d, l, x, at)
        order by r
        on conflict (registration_id) do update set municipality = excluded.municipality,
            contactability = excluded.contactability, digital_post = excluded.digital_post,
            letter_allowed = excluded.letter_allowed, decided_at = excluded.decided_at,
            recipient = case when p.forgotten_at is null then excluded.recipient end
        where p.decided_at is null or p.decided_at <= excluded.decided_at
        """,
        *_columns([_routed(decision) for decision in decisions]),
    )


def _routed(event: HomeAuthorityResolved | HomeAuthorityUnresolved) -> tuple[object, ...]:
    who = _key(event)
    if isinstance(event, HomeAuthorityUnresolved):
        return (*who, None, event.contactability, None, False, None, event.decided_at)
    return (
        *who,
        event.municipality,
        event.contactability,
        event.digital_post,
        event.letter_allowed,
        event.recipient,
        event.decided_at,
    )


async def select(
    session: Session,
    incident_id: UUID,
    roles: Sequence[str],
    municipalities: Sequence[str],
    after: UUID | None,
    limit: int,
) -> list[tuple[UUID, Person]]:
    """Read the next chunk of a selection in the order of ids; empty lists select everybody."""
    rows = await session.fetch(
        f"""
        select {DECIDING} from person
        where incident_id = $1 and registered and ($2::uuid is null or registration_id > $2)
            and (cardinality($3::text[]) = 0 or role = any($3))
            and (cardinality($4::text[]) = 0 or municipality = any($4))
        order by registration_id limit $5
        """,  # noqa: S608 - our own column names
        incident_id,
        after,
        roles,
        municipalities,
        limit,
    )
    return [(row["registration_id"], person(row)) for row in rows]


async def lock(session: Session, ids: Iterable[UUID]) -> dict[UUID, asyncpg.Record]:
    """Lock people in the order of ids: who writes an event about a person holds that person's row."""
    rows = await session.fetch(
        f"select {DECIDING}, incident_id, exercise, language, contact, recipient from person "  # noqa: S608 - our own column names
        "where registration_id = any($1::uuid[]) order by registration_id for no key update",
        list(set(ids)),
    )
    return {row["registration_id"]: row for row in rows}


def _columns(rows: Sequence[Sequence[object]]) -> list[list[object]]:
    return [list(column) for column in zip(*rows, strict=True)]
