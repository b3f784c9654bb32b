"""Mentions of erased people in other people's records."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from sqlalchemy import select

from contracts.events.ids import IncidentId, RegistrationId
from kit.database.database import Session
from kit.database.rows import columns_of, select_list
from services.registration.store import tables
from services.registration.store.people import ParticularsRow


@dataclass(frozen=True, slots=True)
class OwnedParticulars(ParticularsRow):
    """The particulars of a registration or of a former version, with the owner of their key."""

    registration_id: RegistrationId
    key_of: RegistrationId


_OF_REGISTRATION = select_list(
    OwnedParticulars, tables.registration, "r", registration_id="r.id", key_of="r.id"
)


@dataclass(frozen=True, slots=True)
class SealedDocumentation:
    id: UUID  # of the ledger entry
    kind: str
    owner: RegistrationId
    documentation: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class RelatedPerson:
    registration_id: RegistrationId
    is_their: str


@dataclass(frozen=True, slots=True)
class MentionSearch:
    """`searched` of the `people` registrations of others were decrypted."""

    searched: int
    people: int


@dataclass(frozen=True, slots=True)
class MentioningRegistration:
    registration_id: RegistrationId
    places: list[str]


async def others(
    session: Session, incident_id: IncidentId, owners: Collection[RegistrationId], after: UUID, limit: int
) -> list[OwnedParticulars]:
    """Return registrations of other people of the incident, in id order."""
    return await session.fetch(
        OwnedParticulars,
        f"select {_OF_REGISTRATION} from registration r "  # noqa: S608 - our own columns
        "where incident_id = $1 and id > $3 and id <> all($2::uuid[])"
        " and forgotten_at is null order by id limit $4",
        incident_id, list(owners), after, limit,
    )  # fmt: skip


async def count_others(session: Session, incident_id: IncidentId, owners: Collection[RegistrationId]) -> int:
    found: int = await session.fetchval(
        "select count(*) from registration"
        " where incident_id = $1 and id <> all($2::uuid[]) and forgotten_at is null",
        incident_id, list(owners),
    )  # fmt: skip
    return found


async def versions_of(session: Session, registrations: Collection[UUID]) -> list[OwnedParticulars]:
    """Return the former versions of these registrations, as far as they are stored."""
    version = tables.person_version
    return await session.fetch(
        OwnedParticulars,
        select(*columns_of(OwnedParticulars, version)).where(
            version.c.registration_id.in_(registrations), version.c.contact != b""
        ),
    )


async def documentation_under(session: Session, registrations: Collection[UUID]) -> list[SealedDocumentation]:
    """Return the documentation of consents and withdrawals that the keys of these registrations open."""
    return await session.fetch(
        SealedDocumentation,
        "select id, kind, coalesce(key_of, registration_id) as owner, documentation from consent_entry"
        " where coalesce(key_of, registration_id) = any($1::uuid[]) and documentation is not null",
        list(registrations),
    )


async def linked(session: Session, owners: Collection[RegistrationId]) -> list[RelatedPerson]:
    """Return everyone ever related to a person, with the relation. Erased people are left out."""
    return await session.fetch(
        RelatedPerson,
        """
        with ends as (
            select other as id, case kind when 'guardian' then 'child' else kind end as is_their
            from link where one = any($1::uuid[])
            union
            select one, kind from link where other = any($1::uuid[])
        )
        select distinct coalesce(r.repeat_of, r.id) as registration_id, e.is_their
        from ends e join registration r on r.id = e.id
        where r.forgotten_at is null and r.id <> all($1::uuid[])
        order by 1, 2
        """,
        list(owners),
    )


async def write(
    session: Session,
    person: RegistrationId,
    found: Iterable[tuple[RegistrationId, str]],
    searched: int,
    of: int,
    at: datetime,
) -> None:
    """Store the mentions of a person and how many registrations were searched. Only the first call writes."""
    made = await session.fetchval(
        "insert into mention_search (registration_id, searched, people, at) values ($1, $2, $3, $4)"
        " on conflict do nothing returning true",
        person, searched, of, at,
    )  # fmt: skip
    rows = sorted(found) if made else []
    await session.execute(
        "insert into mention (registration_id, in_registration, place)"
        " select $1, * from unnest($2::uuid[], $3::text[])",
        person, [row[0] for row in rows], [row[1] for row in rows],
    )  # fmt: skip


async def search_of(session: Session, person: RegistrationId) -> MentionSearch | None:
    search = tables.mention_search
    return await session.fetchrow(
        MentionSearch,
        select(*columns_of(MentionSearch, search)).where(search.c.registration_id == person),
    )


async def mentions_of(session: Session, person: RegistrationId) -> list[MentioningRegistration]:
    return await session.fetch(
        MentioningRegistration,
        "select in_registration as registration_id, array_agg(place order by place) as places from mention"
        " where registration_id = $1 group by in_registration order by in_registration",
        person,
    )


async def delete_in(session: Session, gone: Collection[RegistrationId]) -> None:
    """Delete mentions in records that are erased themselves."""
    await session.execute("delete from mention where in_registration = any($1::uuid[])", list(gone))
