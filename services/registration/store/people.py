"""People, their identity values and their repeated registrations."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, fields
from datetime import datetime
from uuid import UUID

from contracts.events.ids import IncidentId, RegistrationId
from kit.database.database import Session
from kit.database.rows import select_list
from services.registration.store import tables

INDEX_VERSION = 1  # of BlindIndex.entries; raise it to index every registration again


@dataclass(frozen=True, slots=True)
class ParticularsRow:
    """The fields that a correction can change. Bytes are sealed."""

    role: str
    presence: str
    language: str
    interpreter: bool
    age_band: str
    channels: list[str]
    preferred_channel: str | None
    identity: bytes | None = field(repr=False)
    contact: bytes = field(repr=False)
    note: bytes | None = field(repr=False)
    circumstances: bytes | None = field(repr=False)


@dataclass(frozen=True, slots=True)
class RegistrationRow(ParticularsRow):
    """A registration. `addressed`: the registration that was named. `linked`: others are linked to it."""

    id: RegistrationId
    incident_id: IncidentId
    repeat_of: RegistrationId | None
    within: RegistrationId | None
    place: str
    registered_at: datetime
    registered_by: str
    registration_until: datetime | None
    contact_until: datetime | None
    withdrawn: bool
    forgotten_at: datetime | None
    exercise: bool
    addressed: RegistrationId
    linked: bool


@dataclass(frozen=True, slots=True)
class NamedRegistration:
    """The sealed contact details of a registration of a person."""

    id: RegistrationId
    person: RegistrationId
    contact: bytes = field(repr=False)
    place: str


PARTICULARS = tuple(column.name for column in fields(ParticularsRow))
REGISTRATION_COLUMNS = (
    "id", "incident_id", "repeat_of", "within", "place", "registered_at", "registered_by",
    "registration_until", "contact_until", "index_version", "device_at", *PARTICULARS,
)  # fmt: skip
_NAMED = {
    "exercise": "i.exercise",
    "addressed": "r.id",
    "linked": "exists (select from registration n where n.repeat_of = r.id)",
}
_REGISTRATIONS = f"""
select {select_list(RegistrationRow, tables.registration, "r", **_NAMED)}
from registration r join incident i on i.id = r.incident_id
"""  # noqa: S608 - our own column names
_OF_PERSON: dict[str, str] = _NAMED | {"addressed": "$1::uuid"}
_OF_PERSON |= {
    name: f"case when g.registration_id is null then r.{name} else g.{name} end" for name in PARTICULARS
}
_OF_NAMED = """
r.id = (select coalesce(n.repeat_of, n.id) from registration n where n.id = $1) and r.repeat_of is null
"""
# The first registration of the person that was named, with the data that is published.
_PERSON = f"""
select {select_list(RegistrationRow, tables.registration, "r", **_OF_PERSON)}
from registration r join incident i on i.id = r.incident_id
left join golden_record g on g.registration_id = r.id
where {_OF_NAMED}
"""  # noqa: S608 - our own column names


@dataclass(frozen=True, slots=True)
class ClaimRow:
    """An identity value, the registration that states it, and that registration's person."""

    digest: bytes
    registration_id: RegistrationId
    person: RegistrationId


async def claim_identities(
    session: Session, incident_id: IncidentId, claims: Iterable[tuple[bytes, RegistrationId]]
) -> dict[bytes, RegistrationId]:
    """Claim identity values in value order. Return those that were free; of equal ones the first wins."""
    values, owners = zip(*sorted(claims, key=lambda claim: claim[0]), strict=True)
    return await session.fetchpairs(
        "insert into identity_claim (digest, incident_id, registration_id)"
        " select d, $1, r from unnest($2::bytea[], $3::uuid[]) as claim (d, r)"
        " on conflict do nothing returning digest, registration_id",
        incident_id, values, owners,
    )  # fmt: skip


async def lock_owners(session: Session, incident_id: IncidentId, values: Collection[bytes]) -> list[ClaimRow]:
    """Lock the people who hold identity values.

    Lock nobody and return nothing if one of them is being erased, linked or unlinked. The caller tries again.
    """
    owners: list[ClaimRow] = []
    with suppress(_InVain):
        async with session.savepoint():
            found = await claims(session, [incident_id], values)
            locked: list[RegistrationId] = await session.fetchcolumn(
                "select id from registration where id = any($1::uuid[]) and forgotten_at is null"
                " and repeat_of is null order by id for update",
                sorted({one.person for one in found}),
            )
            still = await claims(session, [incident_id], values)
            if len(still) < len(values) or not {one.person for one in still} <= set(locked):
                raise _InVain
            owners = still
    return owners


async def claims(
    session: Session, incidents: Collection[IncidentId], values: Collection[bytes]
) -> list[ClaimRow]:
    """Return who holds identity values."""
    return await session.fetch(
        ClaimRow,
        "select c.digest, r.id as registration_id, coalesce(r.repeat_of, r.id) as person"
        " from identity_claim c join registration r on r.id = c.registration_id"
        " where c.incident_id = any($1::uuid[]) and c.digest = any($2::bytea[])",
        list(incidents), list(values),
    )  # fmt: skip


async def give_claims(
    session: Session, incident_id: IncidentId, claimed: Collection[tuple[bytes, RegistrationId]],
    of: Collection[RegistrationId],
) -> None:  # fmt: skip
    """Claim identity values that are free or held by one of the registrations `of`."""
    values, owners = zip(*sorted(claimed), strict=True)
    await session.execute(
        "insert into identity_claim (digest, incident_id, registration_id)"
        " select d, $1, r from unnest($2::bytea[], $3::uuid[]) as claim (d, r)"
        " on conflict (digest, incident_id) do update set registration_id = excluded.registration_id"
        " where identity_claim.registration_id = any($4::uuid[])",
        incident_id, values, owners, list(of),
    )  # fmt: skip


async def claim_soon(
    session: Session, incident_id: IncidentId, value: bytes, registration_id: RegistrationId
) -> None:
    """Claim one identity value. Raise LockNotAvailableError if another transaction holds it too long."""
    await session.execute("set local lock_timeout = '500ms'")  # below deadlock_timeout
    await claim_identities(session, incident_id, [(value, registration_id)])
    await session.execute("set local lock_timeout = 0")


async def holder(session: Session, incident_id: IncidentId, value: bytes) -> RegistrationId | None:
    """Return the person who holds an identity value."""
    found: RegistrationId | None = await session.fetchval(
        "select coalesce(r.repeat_of, c.registration_id) from identity_claim c"
        " left join registration r on r.id = c.registration_id where c.incident_id = $1 and c.digest = $2",
        incident_id, value,
    )  # fmt: skip
    return found


async def release_claims(session: Session, person: RegistrationId, values: Collection[bytes]) -> None:
    """Release identity values of a person, whichever registration states them."""
    await session.execute(
        "delete from identity_claim c using registration r where r.id = c.registration_id"
        " and $1 in (r.id, r.repeat_of) and c.digest = any($2::bytea[])",
        person, list(values),
    )  # fmt: skip


async def contacts(session: Session, people: Collection[UUID]) -> list[NamedRegistration]:
    """Return the sealed contact details of people, then those of their repeats."""
    return await session.fetch(
        NamedRegistration,
        "select id, coalesce(repeat_of, id) as person, contact, place from registration"
        " where (id = any($1::uuid[]) or repeat_of = any($1::uuid[])) and forgotten_at is null"
        " order by repeat_of nulls first, id",
        list(people),
    )


async def children_among(session: Session, people: Collection[RegistrationId]) -> set[RegistrationId]:
    """Return the people under 15."""
    return set(
        await session.fetchcolumn(
            "select r.id from registration r left join golden_record g on g.registration_id = r.id"
            " where r.id = any($1::uuid[]) and coalesce(g.age_band, r.age_band) = 'under_15'",
            list(people),
        )
    )


async def remove_from_index(
    session: Session, registration_id: RegistrationId, values: Collection[bytes]
) -> None:
    await session.execute(
        "delete from blind_index where registration_id = $1 and digest = any($2::bytea[])",
        registration_id, list(values),
    )  # fmt: skip


async def outdated_index(session: Session, limit: int) -> list[RegistrationId]:
    """Return registrations indexed by an earlier version of the index. Do not lock them."""
    return await session.fetchcolumn(
        "select id from registration"
        " where index_version < $1 and forgotten_at is null order by id limit $2",
        INDEX_VERSION, limit,
    )  # fmt: skip


async def replace_index(session: Session, entries: Mapping[RegistrationId, Collection[bytes]]) -> None:
    """Replace the index entries of locked registrations and schedule a new comparison."""
    rows = [(digest, one) for one, digests in entries.items() for digest in digests]
    digests, owners = [row[0] for row in rows], [row[1] for row in rows]
    await session.execute(
        "delete from blind_index b where registration_id = any($1::uuid[]) and not exists ("
        " select from unnest($2::bytea[], $3::uuid[]) as e (digest, owner)"
        " where e.digest = b.digest and e.owner = b.registration_id)",
        list(entries), digests, owners,
    )  # fmt: skip
    await session.execute(
        "insert into blind_index (digest, registration_id) select * from unnest($1::bytea[], $2::uuid[])"
        " on conflict do nothing",
        digests, owners,
    )  # fmt: skip
    await session.execute(
        "update registration set index_version = $2, compared_at = null where id = any($1::uuid[])",
        list(entries), INDEX_VERSION,
    )  # fmt: skip


async def add_to_index(session: Session, registration_id: RegistrationId, values: Collection[bytes]) -> None:
    await session.execute(
        "insert into blind_index (digest, registration_id) select unnest($2::bytea[]), $1"
        " on conflict do nothing",
        registration_id, list(values),
    )  # fmt: skip


async def update_particulars(
    session: Session, registration_id: RegistrationId, values: Sequence[object]
) -> None:
    """Write the new values in the order of PARTICULARS. The caller has locked the row."""
    assignments = ", ".join(f"{name} = ${place}" for place, name in enumerate(PARTICULARS, 2))
    await session.execute(
        f"update registration set {assignments} where id = $1",  # noqa: S608 - our own column names
        registration_id, *values,
    )  # fmt: skip


async def insert_registrations(session: Session, rows: Iterable[Sequence[object]]) -> None:
    await session.copy("registration", REGISTRATION_COLUMNS, rows)


async def insert_blind_index(session: Session, rows: Iterable[tuple[bytes, UUID]]) -> None:
    await session.copy("blind_index", ("digest", "registration_id"), rows)


async def person(session: Session, registration_id: RegistrationId) -> RegistrationRow | None:
    return await session.fetchrow(RegistrationRow, _PERSON, registration_id)


async def lock_person(session: Session, registration_id: RegistrationId) -> RegistrationRow | None:
    """Lock the first registration of a person. Follow a merge that happened while waiting."""
    row = await _lock_speaker(session, registration_id)
    while row is None and await session.fetchval(
        "select true from registration where id = $1", registration_id
    ):
        row = await _lock_speaker(session, registration_id)
    return row


async def record_time(session: Session, registration_ids: Iterable[RegistrationId], at: datetime) -> datetime:
    """Return the time to record for a change of locked people: `at`, or just after their last change."""
    recorded: datetime = await session.fetchval(
        """
        with last as (select max(changed_at) as at from registration where id = any($1::uuid[]))
        update registration r set changed_at =
            case when last.at > $2 then last.at + interval '1 microsecond' else $2 end
        from last where r.id = any($1::uuid[]) returning r.changed_at
        """,
        list(registration_ids), at,
    )  # fmt: skip
    return recorded


class _InVain(Exception):  # noqa: N818 - rolls a savepoint back
    pass


async def _lock_speaker(session: Session, registration_id: RegistrationId) -> RegistrationRow | None:
    """Lock the first registration. None: linked or unlinked while waiting; then the lock is released.

    What is published is read after the lock, since another transaction may have changed it before.
    """
    with suppress(_InVain):
        async with session.savepoint():
            locked = await session.fetchval(
                f"select r.id from registration r where {_OF_NAMED} for update",  # noqa: S608 - our own
                registration_id,
            )
            row = await session.fetchrow(RegistrationRow, _PERSON, registration_id) if locked else None
            if row is None or row.id != locked:
                raise _InVain
            return row
    return None


async def lock_registrations(
    session: Session, registration_ids: Collection[RegistrationId]
) -> dict[RegistrationId, RegistrationRow]:
    """Lock registrations in id order, whether or not they are merged."""
    rows = await session.fetch(
        RegistrationRow,
        _REGISTRATIONS + "where r.id = any($1::uuid[]) order by r.id for update of r",
        list(registration_ids),
    )
    return {row.id: row for row in rows}


async def registrations_of(session: Session, person: RegistrationId) -> list[RegistrationRow]:
    """Return all registrations of a person with their own data, oldest first."""
    return await session.fetch(
        RegistrationRow, _REGISTRATIONS + "where $1 in (r.id, r.repeat_of) order by r.id", person
    )
