"""Open cases of ended authorities, which the successor takes over by law.

Writers must have locked the person's home_case row.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from uuid import UUID

from contracts.events.ids import AuthorityId
from contracts.wire.sealed import Sealed
from kit.database.database import Session
from services.routing.domain.handover import CaseRef

_TOUCHED = """
select registration_id from handover
where state in ('offered', 'accepted', 'contacted') and (authority = any($1) or municipality = any($1))
union
select registration_id from standing where home = any($1) or municipality = any($1) or refused_by && $1
union
select registration_id from home_case where region = any($1) and state in ('resolved', 'waiting')
limit $2
"""
_ENDED_HOMES = """
select c.registration_id, c.incident_id, c.exercise, c.municipality, c.contactability, c.digital_post,
    c.letter_allowed, c.recipient,
    coalesce(s.home = any($2::text[]) or s.municipality = any($2::text[]), false) as home_ended
from home_case c join standing s on s.registration_id = c.registration_id
where c.registration_id = any($1::uuid[]) and c.state in ('resolved', 'waiting')
    and c.municipality is not null and c.queue is distinct from 'handover'
    and (s.home = any($2::text[]) or s.municipality = any($2::text[]) or c.region = any($2::text[]))
"""
_MAP = "map as (select * from unnest($2::text[], $3::text[]) as m(was, now))"
_HANDOVERS = f"""
with {_MAP}
update handover h set authority = coalesce(a.now, h.authority),
    municipality = coalesce(m.now, h.municipality),
    succeeds = case when a.now is null then h.succeeds else coalesce(h.succeeds, h.authority) end,
    covered_by = array(select distinct one from unnest(h.covered_by || array[h.authority, a.now, m.now]) one
        where one is not null order by one)
from handover o left join map a on a.was = o.authority left join map m on m.was = o.municipality
where h.handover_id = o.handover_id and o.registration_id = any($1::uuid[])
    and o.state in ('offered', 'accepted', 'contacted') and (a.now is not null or m.now is not null)
"""  # noqa: S608 - our own condition
_STANDINGS = f"""
with {_MAP}
update standing s set home = coalesce(a.now, s.home), municipality = coalesce(m.now, s.municipality),
    refused_by = array(select coalesce(r.now, one)
        from unnest(s.refused_by) one left join map r on r.was = one)
from standing o left join map a on a.was = o.home left join map m on m.was = o.municipality
where s.registration_id = o.registration_id and o.registration_id = any($1::uuid[])
    and (a.now is not null or m.now is not null or o.refused_by && $2::text[])
"""  # noqa: S608 - our own condition


_REGIONS = f"""
with {_MAP}
update home_case c set region = map.now from map where c.registration_id = any($1::uuid[])
    and c.region = map.was
"""  # noqa: S608 - our own condition


@dataclass(frozen=True, slots=True)
class EndedHome(CaseRef):
    """A person whose home, acting authority or region has ended, with the findings of the last decision."""

    municipality: AuthorityId
    contactability: str
    digital_post: bool | None
    letter_allowed: bool
    recipient: Sealed | None
    home_ended: bool  # False: only its region


async def ended_homes(
    session: Session, ids: Collection[UUID], ended: Collection[AuthorityId]
) -> list[EndedHome]:
    """Return the people whose last published home or region is an ended authority."""
    return await session.fetch(EndedHome, _ENDED_HOMES, list(ids), sorted(ended))


async def find_affected(session: Session, ended: Collection[AuthorityId], limit: int) -> list[UUID]:
    """Return people with an open case or a refusal of an ended authority, or in its region."""
    return await session.fetchcolumn(_TOUCHED, sorted(ended), limit)


async def transfer_to_successors(
    session: Session, ids: Collection[UUID], successors: Mapping[AuthorityId, AuthorityId]
) -> None:
    """Replace ended authorities by their successors. Offers and acceptances stay in force."""
    pairs = list(successors), list(successors.values())
    await session.execute(_HANDOVERS, list(ids), *pairs)
    await session.execute(_STANDINGS, list(ids), *pairs)
    await session.execute(_REGIONS, list(ids), *pairs)
