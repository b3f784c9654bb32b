"""Every query of registration."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg

from contracts.ids import ConsentId, IncidentId, RegistrationId
from contracts.vocabulary import Channel, IncidentKind, ObtainedBy, Purpose
from kit.database import Session
from services.registration.domain.consent import (
    Consents,
    Entry,
    Given,
    Holding,
    Terms,
    Withdrawn,
    WithdrawnBy,
)
from services.registration.domain.incident import Incident

REGISTRATION_COLUMNS = (
    "id", "incident_id", "repeat_of", "role", "place", "presence", "registered_at", "registered_by",
    "language", "interpreter", "age_band", "channels", "identity", "contact", "note",
    "registration_until", "contact_until",
)  # fmt: skip
GIVEN_COLUMNS = (
    "id", "registration_id", "kind", "purpose", "at", "recorded_at", "recorded_by", "channels", "expires_at",
    "wording", "language", "obtained", "form_number", "key_of", "documentation",
)  # fmt: skip
_INCIDENTS = """
select id, name, kind, place, started_at, event_authority, hotline, web_page, exercise, long_running,
    opened_at, closed_at
from incident
"""
_PERSON = """
select r.*, i.exercise from registration r join incident i on i.id = r.incident_id
where r.id = $1 and r.repeat_of is null
"""


@dataclass(frozen=True, slots=True)
class Made:
    """What came of something that came in."""

    id: UUID
    body: bytes | None
    repeat_of: RegistrationId | None


# Incidents


async def insert_incident(session: Session, incident: Incident, by: str) -> None:
    await session.run(
        """
        insert into incident (id, name, kind, place, started_at, event_authority, hotline, web_page, exercise,
            long_running, opened_at, opened_by)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
        """,
        incident.id, incident.name, incident.kind, incident.place, incident.started_at,
        incident.event_authority, incident.hotline, incident.web_page, incident.exercise,
        incident.long_running, incident.opened_at, by,
    )  # fmt: skip


async def incidents(session: Session) -> list[Incident]:
    """Newest first."""
    rows = await session.fetch(_INCIDENTS + "order by id desc")
    return [_incident(row) for row in rows]


async def incident(session: Session, incident_id: IncidentId) -> Incident | None:
    row = await session.fetchrow(_INCIDENTS + "where id = $1", incident_id)
    return _incident(row) if row else None


async def hold_incident(session: Session, incident_id: IncidentId) -> Incident | None:
    """Read an incident and keep it from being closed until the transaction ends."""
    row = await session.fetchrow(_INCIDENTS + "where id = $1 for share", incident_id)
    return _incident(row) if row else None


def _incident(row: asyncpg.Record) -> Incident:
    return Incident(**{**row, "kind": IncidentKind(row["kind"])})


async def close_incident(session: Session, incident_id: IncidentId, at: datetime, by: str) -> bool:
    """Say whether it was open."""
    return bool(
        await session.run(
            "update incident set closed_at = $2, closed_by = $3 where id = $1 and closed_at is null",
            incident_id, at, by,
        )
    )  # fmt: skip


async def holdings(session: Session, incident_id: IncidentId, at: datetime) -> list[tuple[Holding, int]]:
    rows = await session.fetch(
        "select forgotten_at is not null, withdrawn, registration_until > $2, contact_until > $2, count(*)"
        " from registration where incident_id = $1 and repeat_of is null group by 1, 2, 3, 4",
        incident_id, at,
    )  # fmt: skip
    return [(Holding(*row[:4]), row[4]) for row in rows]


# What came in


async def made_by(session: Session, keys: Sequence[bytes]) -> dict[bytes, Made]:
    rows = await session.fetch(
        "select i.key, i.made, i.body, r.repeat_of from intake i left join registration r on r.id = i.made"
        " where i.key = any($1::bytea[])",
        keys,
    )
    return {row[0]: Made(row[1], row[2], row[3]) for row in rows}


async def claim_intake(session: Session, claims: Iterable[tuple[bytes, bytes | None, UUID]]) -> set[bytes]:
    """Claim (key, body, what it makes); give the keys that were free.

    In key order, so that no two transactions wait for each other.
    """
    rows = await session.fetch(
        "insert into intake (key, body, made) select * from unnest($1::bytea[], $2::bytea[], $3::uuid[])"
        " on conflict do nothing returning key",
        *zip(*sorted(claims, key=lambda claim: claim[0]), strict=True),
    )
    return {row[0] for row in rows}


# People


async def claim_identities(
    session: Session, incident_id: IncidentId, claims: Iterable[tuple[bytes, RegistrationId]]
) -> dict[bytes, RegistrationId]:
    """Claim identity values, the first come of each; give those that were free. In order of the values."""
    values, owners = zip(*sorted(claims, key=lambda claim: claim[0]), strict=True)
    rows = await session.fetch(
        "insert into identity_claim (digest, incident_id, registration_id)"
        " select d, $1, r from unnest($2::bytea[], $3::uuid[]) as claim (d, r)"
        " on conflict do nothing returning digest, registration_id",
        incident_id, values, owners,
    )  # fmt: skip
    return {row[0]: row[1] for row in rows}


async def lock_owners(
    session: Session, incident_id: IncidentId, values: Collection[bytes]
) -> dict[bytes, RegistrationId]:
    """Lock the people who hold identity values; a value whose person is being forgotten has none."""
    rows = await session.fetch(
        "select c.digest, r.id from registration r join identity_claim c on c.registration_id = r.id"
        " where c.incident_id = $1 and c.digest = any($2::bytea[]) and r.forgotten_at is null"
        " order by r.id for update of r",
        incident_id, list(values),
    )  # fmt: skip
    return {row[0]: row[1] for row in rows}


async def move_claims(session: Session, moved: Mapping[RegistrationId, RegistrationId]) -> None:
    """Let a repeat's other identity values point at the first as well."""
    await session.run(
        "update identity_claim c set registration_id = m.first"
        " from unnest($1::uuid[], $2::uuid[]) as m (repeat, first) where c.registration_id = m.repeat",
        list(moved.keys()), list(moved.values()),
    )  # fmt: skip


async def insert_registrations(session: Session, rows: Iterable[Sequence[object]]) -> None:
    await session.copy("registration", REGISTRATION_COLUMNS, rows)


async def insert_blind_index(session: Session, rows: Iterable[tuple[bytes, UUID]]) -> None:
    await session.copy("blind_index", ("digest", "registration_id"), rows)


async def person(session: Session, registration_id: RegistrationId) -> asyncpg.Record | None:
    return await session.fetchrow(_PERSON, registration_id)


async def lock_person(session: Session, registration_id: RegistrationId) -> asyncpg.Record | None:
    return await session.fetchrow(_PERSON + "for update of r", registration_id)


async def repeats_of(session: Session, registration_id: RegistrationId) -> list[asyncpg.Record]:
    """Give the other registrations of the same person, oldest first."""
    return await session.fetch("select * from registration where repeat_of = $1 order by id", registration_id)


async def keys_of(session: Session, registration_id: RegistrationId) -> list[RegistrationId]:
    """Give the registrations whose keys seal something of this person: its own and its repeats'."""
    rows = await session.fetch("select id from registration where id = $1 or repeat_of = $1", registration_id)
    return [row[0] for row in rows]


# Consents


async def insert_given(session: Session, rows: Iterable[Sequence[object]]) -> None:
    await session.copy("consent_entry", GIVEN_COLUMNS, rows)


async def insert_withdrawn(
    session: Session,
    entry_id: UUID,
    registration_id: RegistrationId,
    withdrawn: Withdrawn,
    at: datetime,
    by: str,
) -> None:
    await session.run(
        "insert into consent_entry (id, registration_id, kind, purpose, at, recorded_at, recorded_by,"
        " withdrawn_by) values ($1, $2, 'withdrawn', $3, $4, $5, $6, $7)",
        entry_id, registration_id, withdrawn.purpose, withdrawn.at, at, by, withdrawn.how,
    )  # fmt: skip


async def ledger_rows(session: Session, registration_id: RegistrationId) -> list[asyncpg.Record]:
    return await session.fetch(
        "select * from consent_entry where registration_id = $1 order by at, id", registration_id
    )


async def ledgers(
    session: Session, registration_ids: Sequence[RegistrationId]
) -> dict[RegistrationId, list[Entry]]:
    rows = await session.fetch(
        "select * from consent_entry where registration_id = any($1::uuid[])", registration_ids
    )
    found: dict[RegistrationId, list[Entry]] = {one: [] for one in registration_ids}
    for row in rows:
        found[row["registration_id"]].append(entry_of(row))
    return found


async def write_states(session: Session, states: Mapping[RegistrationId, Consents]) -> None:
    """Write what the ledgers fold to; the rows are locked by the caller."""
    columns: list[tuple[Any, ...]] = [
        (one, state.until(Purpose.REGISTRATION), state.until(Purpose.CONTACT), state.withdrawn)
        for one, state in states.items()
    ]
    await session.run(
        """
        update registration r
        set registration_until = s.registration_until, contact_until = s.contact_until,
            withdrawn = s.withdrawn
        from unnest($1::uuid[], $2::timestamptz[], $3::timestamptz[], $4::boolean[])
            as s (id, registration_until, contact_until, withdrawn)
        where r.id = s.id
        """,
        *zip(*columns, strict=True),
    )


def entry_of(row: asyncpg.Record) -> Entry:
    if row["kind"] == "withdrawn":
        return Withdrawn(Purpose(row["purpose"]), row["at"], WithdrawnBy(row["withdrawn_by"]))
    terms = Terms(
        purpose=Purpose(row["purpose"]),
        channels=tuple(Channel(channel) for channel in row["channels"]),
        at=row["at"],
        expires_at=row["expires_at"],
        wording=row["wording"],
        language=row["language"],
        obtained=ObtainedBy(row["obtained"]),
        form_number=row["form_number"],
    )
    return Given(ConsentId(row["id"]), terms)


# Forgetting


async def mark_forgotten(
    session: Session, registration_id: RegistrationId, at: datetime, by: str, why: bytes
) -> None:
    await session.run(
        "update registration set forgotten_at = $2, forgotten_by = $3, forgotten_why = $4"
        " where id = $1 or repeat_of = $1",
        registration_id, at, by, why,
    )  # fmt: skip
    await session.run(
        """
        with gone as (select id from registration where id = $1 or repeat_of = $1),
            claims as (delete from identity_claim where registration_id in (select id from gone))
        delete from blind_index where registration_id in (select id from gone)
        """,
        registration_id,
    )


async def keys_to_delete(session: Session, limit: int) -> list[RegistrationId]:
    rows = await session.fetch(
        "select id from registration where forgotten_at is not null and key_deleted_at is null"
        " order by id limit $1",
        limit,
    )
    return [row[0] for row in rows]


async def mark_keys_deleted(session: Session, registration_ids: Sequence[RegistrationId]) -> None:
    await session.run(
        "update registration set key_deleted_at = now() where id = any($1::uuid[])", registration_ids
    )
