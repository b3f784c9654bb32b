"""Former versions of people, sealed."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from contracts.events.ids import RegistrationId
from kit.database.database import Session
from kit.database.rows import select_list
from services.registration.store.people import PARTICULARS, ParticularsRow
from services.registration.store.tables import person_version


@dataclass(frozen=True, slots=True)
class PersonVersion(ParticularsRow):
    """A former version. A blanked one has empty contact details: it held data of an erased person."""

    registration_id: RegistrationId
    number: int
    key_of: RegistrationId
    changed: list[str]
    replaced_at: datetime
    replaced_by: str
    why: bytes = field(repr=False)  # sealed
    addressed: RegistrationId | None


_VERSIONS = f"""
select {select_list(PersonVersion, person_version, "v")}
from registration r join person_version v on v.registration_id = r.id
where $1 in (r.id, r.repeat_of) order by v.replaced_at, v.registration_id, v.number
"""  # noqa: S608 - our own column names; text: imports read it for each row that corrects somebody


@dataclass(frozen=True, slots=True)
class DoubtfulFields:
    into_id: RegistrationId
    away: RegistrationId
    fields: list[str]


async def keep_version(
    session: Session, version_id: UUID, registration_id: RegistrationId, changed: Sequence[str],
    at: datetime, by: str, why: bytes,
) -> None:  # fmt: skip
    """Copy the current row before it is changed. The caller has locked it."""
    names = ", ".join(PARTICULARS)
    await session.execute(
        f"""
        insert into person_version (id, registration_id, number, key_of, changed, replaced_at, replaced_by,
            why, addressed, {names})
        select $2, id, (select count(*) + 1 from person_version where registration_id = $1), id, $3, $4, $5,
            $6, id, {names}
        from registration where id = $1
        """,  # noqa: S608 - our own column names
        registration_id, version_id, list(changed), at, by, why,
    )  # fmt: skip


async def blank_while_merged(session: Session, gone: Sequence[RegistrationId]) -> None:
    """Blank data of erased people in the versions of others, from the time of a merge that was undone."""
    await session.execute(
        """
        update person_version v
        set identity = null, contact = '', note = null, circumstances = null, why = ''
        from merge m
        where m.away = any($1::uuid[]) and m.undone_at is not null and v.registration_id = m.into_id
            and v.replaced_at > m.merged_at and v.replaced_at <= m.undone_at
        """,
        gone,
    )


async def versions(session: Session, registration_id: RegistrationId) -> list[PersonVersion]:
    """Return the former versions of all registrations of a person, oldest first."""
    return await session.fetch(PersonVersion, _VERSIONS, registration_id)


async def doubtful(session: Session, duplicate_id: UUID) -> DoubtfulFields | None:
    """Return the two people whose merge was undone last, and the fields of unknown origin.

    Such a field was corrected for the first one, while it may have been said of either.
    """
    return await session.fetchrow(
        DoubtfulFields,
        """
        select m.into_id, m.away, array(
            select distinct name from person_version v, unnest(v.changed) as name
            where v.registration_id = m.into_id and v.replaced_at > m.merged_at
                and v.replaced_at < m.undone_at and (v.addressed = m.into_id or v.contact = '')
                and name <> 'channels'
            order by name
        ) as fields
        from merge m where m.duplicate_id = $1 and m.undone_at is not null order by m.id desc limit 1
        """,
        duplicate_id,
    )
