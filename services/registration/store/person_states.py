"""The stored parts of the state of people that events carry."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from contracts.events.ids import RegistrationId
from contracts.wire.sealed import Sealed
from kit.database.database import Session

# Follows the clock, so that a database restored from a backup continues above what was published before.
_RAISED: Final = "greatest(r.revision + 1, (extract(epoch from clock_timestamp()) * 1000000)::bigint)"
# What was published last: the golden record, and the registration's own data where there is none.
_PUBLISHED: Final = ", ".join(
    f"case when g.registration_id is null then r.{name} else g.{name} end as {name}"
    for name in (
        "role", "language", "age_band", "channels", "preferred_channel", "identity", "contact",
        "circumstances",
    )
)  # fmt: skip
_RAISE: Final = f"""
with raised as (
    update registration r set revision = {_RAISED} where r.id = any($1::uuid[])
    returning r.id, r.revision, coalesce(r.within, r.repeat_of) as merged_into, r.role, r.place,
        r.registered_at, r.language, r.age_band, r.channels, r.preferred_channel, r.identity, r.contact,
        r.circumstances, r.forgotten_at
)
select r.id, r.revision, r.merged_into, r.place, r.registered_at, r.forgotten_at, {_PUBLISHED},
    array(select b.reason from contact_bar b where b.registration_id = r.id
        order by b.barred_at, b.id) as reasons,
    array(select b.barred_at from contact_bar b where b.registration_id = r.id
        order by b.barred_at, b.id) as restricted_at,
    array(select b.lifted_at from contact_bar b where b.registration_id = r.id
        order by b.barred_at, b.id) as lifted_at
from raised r left join golden_record g on g.registration_id = r.id
"""  # noqa: S608 - our own expressions
_RELATIONS: Final = """
with mine as (
    select id, coalesce(repeat_of, id) as person from registration
    where id = any($1::uuid[]) or repeat_of = any($1::uuid[])
), sides as (
    select m.person, l.kind, true as is_one, l.other as relative, l.made_at, l.id
    from mine m join link l on l.one = m.id and l.ended_at is null
    union all
    select m.person, l.kind, false, l.one, l.made_at, l.id
    from mine m join link l on l.other = m.id and l.ended_at is null
)
select s.person, s.kind, s.is_one, coalesce(r.repeat_of, r.id) as relative
from sides s join registration r on r.id = s.relative
where r.forgotten_at is null and coalesce(r.repeat_of, r.id) <> s.person order by s.made_at, s.id
"""


@dataclass(frozen=True, slots=True)
class StatedPerson:
    id: RegistrationId
    revision: int
    merged_into: RegistrationId | None
    role: str
    place: str
    registered_at: datetime
    language: str
    age_band: str
    channels: list[str]
    preferred_channel: str | None
    identity: Sealed | None
    contact: Sealed
    circumstances: Sealed | None
    forgotten_at: datetime | None
    reasons: list[str]  # of the contact restrictions, oldest first; the next two lists are parallel
    restricted_at: list[datetime]
    lifted_at: list[datetime | None]


@dataclass(frozen=True, slots=True)
class StatedRelation:
    person: RegistrationId
    kind: str
    is_one: bool  # the person is the first side of the relation
    relative: RegistrationId


async def raise_revisions(session: Session, ids: Collection[RegistrationId]) -> list[StatedPerson]:
    """Raise the revisions of registrations and return their rows. The caller has locked them."""
    return await session.fetch(StatedPerson, _RAISE, sorted(ids))


async def relations_of(session: Session, ids: Collection[RegistrationId]) -> list[StatedRelation]:
    """Return the current relations of people and their repeats, oldest first."""
    return await session.fetch(StatedRelation, _RELATIONS, sorted(ids))
