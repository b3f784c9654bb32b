"""Overdue handovers."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from contracts.events.ids import AuthorityId
from kit.database.database import Session
from services.routing.store.handover_replies import HandoverRef

# Cases are locked before handovers, as everywhere. A case locked by others waits for the next round.
_LATE = """
select h.handover_id from handover h join home_case c on c.registration_id = h.registration_id
join standing s on s.registration_id = h.registration_id
where h.clock_at <= $1 and not (h.state = 'accepted' and s.do_not_contact_at is not null
    and (s.do_not_contact_lifted_at is null or s.do_not_contact_at >= s.do_not_contact_lifted_at))
order by h.clock_at limit $2 for no key update of c skip locked
"""
_ESCALATE = """
update handover set escalated_at = $2, clock_at = null,
    escalated_step = case when state = 'offered' then 'acceptance' else 'first_contact' end
where handover_id = any($1::uuid[]) and clock_at <= $2
returning incident_id, registration_id, exercise, handover_id, authority, state, municipality,
    escalated_step as step, case state when 'offered' then answer_by else contact_by end as due_at
"""
_EXPIRED = """
select s.registration_id from handover h join standing s on s.handover_id = h.handover_id
join home_case c on c.registration_id = s.registration_id
where h.state = 'offered' and s.consent_expires_at <= $1 limit $2 for no key update of c skip locked
"""


@dataclass(frozen=True, slots=True)
class EscalatedHandover(HandoverRef):
    municipality: AuthorityId
    step: str
    due_at: datetime


@dataclass(frozen=True, slots=True)
class OverdueHandovers:
    step: str
    exercise: bool
    handovers: int


async def lock_overdue(session: Session, at: datetime, limit: int) -> list[UUID]:
    return await session.fetchcolumn(_LATE, at, limit)


async def mark_escalated(
    session: Session, handover_ids: Sequence[UUID], at: datetime
) -> list[EscalatedHandover]:
    """Mark the handovers that are still overdue as escalated, and return them."""
    return await session.fetch(EscalatedHandover, _ESCALATE, handover_ids, at)


async def lock_expired(session: Session, at: datetime, limit: int) -> list[UUID]:
    """Lock cases with an unanswered offer whose consent has expired."""
    return await session.fetchcolumn(_EXPIRED, at, limit)


async def count_overdue(session: Session) -> list[OverdueHandovers]:
    return await session.fetch(
        OverdueHandovers,
        "select escalated_step as step, exercise, count(*) as handovers from handover "
        "where (state = 'offered' and escalated_step = 'acceptance') "
        "or (state = 'accepted' and escalated_step = 'first_contact') group by 1, 2",
    )
