"""Replies of authorities to offers."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from contracts.events.ids import AuthorityId, HandoverId
from contracts.events.vocabulary import RefusalReason
from contracts.wire.sealed import Sealed
from kit.database.database import Session
from services.routing.domain.handover import CaseRef, Handover, HandoverState


@dataclass(frozen=True, slots=True)
class HandoverRef(CaseRef):
    handover_id: HandoverId
    authority: AuthorityId
    state: str

    def handover(self) -> Handover:
        return Handover(self.handover_id, self.authority, HandoverState(self.state))


@dataclass(frozen=True, slots=True)
class HandoverRow(HandoverRef):
    municipality: AuthorityId
    consent_id: UUID
    offered_at: datetime
    answer_by: datetime
    accepted_at: datetime | None
    contact_by: datetime | None
    first_contact_at: datetime | None
    refused_at: datetime | None
    refusal: str | None
    refusal_note: bytes | None  # sealed
    called_off_at: datetime | None
    call_off: str | None
    escalated_at: datetime | None
    escalated_step: str | None
    succeeds: str | None

    def last_change(self) -> datetime:
        times = (self.offered_at, self.accepted_at, self.refused_at, self.called_off_at, self.escalated_at)
        return max(at for at in times if at is not None)


@dataclass(frozen=True, slots=True)
class Refusals:
    """The authorities that refused a case, and the last reason."""

    registration_id: UUID
    refused_by: list[AuthorityId]
    refusal: str


def not_before_last(rows: Iterable[HandoverRow], at: datetime) -> datetime:
    """Return the time to record for a change of locked handovers: `at`, or just after their last change."""
    last = max((row.last_change() for row in rows), default=at)
    return at if at >= last else last + timedelta(microseconds=1)


ROW: Final = ", ".join(column.name for column in fields(HandoverRow))
OF_HANDOVER: Final = ", ".join(f"h.{column.name}" for column in fields(HandoverRow))
_CONTACT = """
with made as (
    update handover h set first_contact_at = u.at, first_contact_by = u.by,
        state = case when h.state = 'accepted' then 'contacted' else h.state end,
        clock_at = case when h.state = 'accepted' then null else h.clock_at end
    from unnest($1::uuid[], $2::timestamptz[], $3::text[]) as u(id, at, by) where h.handover_id = u.id
    returning h.handover_id, h.registration_id, h.state, u.at
)
update standing s set status = 'contacted', status_since = made.at from made
where s.registration_id = made.registration_id and s.handover_id = made.handover_id
    and made.state = 'contacted'
"""


_ACCEPT = """
with made as (
    update handover h set state = u.state, accepted_by = $3, accepted_at = $4, contact_by = $5::timestamptz,
        clock_at = case when u.state = 'accepted' then $5::timestamptz end
    from unnest($1::uuid[], $2::text[]) as u(id, state) where h.handover_id = u.id
    returning h.handover_id, h.registration_id, h.state
)
update standing s set status = made.state, status_since = $4::timestamptz, handover_id = made.handover_id,
    held_id = made.handover_id
from made where s.registration_id = made.registration_id
"""
_HELD_BEFORE = f"""
select {OF_HANDOVER} from handover n join standing s on s.registration_id = n.registration_id
join handover h on h.handover_id = s.held_id and h.handover_id <> n.handover_id
where n.handover_id = any($1::uuid[]) order by h.handover_id for no key update of h
"""  # noqa: S608 - our own column names
_HOLD_OFFERED = """
select registration_id from home_case where registration_id = any(array(
    select registration_id from handover where incident_id = $1 and authority = $2 and state = 'offered'
    order by registration_id limit $3)) order by registration_id for no key update
"""
_LOCK_OFFERED = f"""
select {ROW} from handover where registration_id = any($1::uuid[]) and authority = $2 and state = 'offered'
order by registration_id for no key update
"""  # noqa: S608 - our own column names


async def find_registration(session: Session, handover_id: UUID) -> UUID | None:
    found: UUID | None = await session.fetchval(
        "select registration_id from handover where handover_id = $1", handover_id
    )
    return found


async def lock_handover(session: Session, handover_id: UUID) -> HandoverRow | None:
    return await session.fetchrow(
        HandoverRow,
        f"select {ROW} from handover where handover_id = $1 for no key update",  # noqa: S608 - our own columns
        handover_id,
    )


async def lock_uncontacted(session: Session, registration_ids: Collection[UUID]) -> list[HandoverRow]:
    """Lock the open handovers of these people without a first contact."""
    return await session.fetch(
        HandoverRow,
        f"select {ROW} from handover where registration_id = any($1::uuid[]) "  # noqa: S608 - our own columns
        "and state in ('offered', 'accepted') and first_contact_at is null "
        "order by handover_id for no key update",
        list(registration_ids),
    )


async def lock_offered(session: Session, incident_id: UUID, authority: str, limit: int) -> list[HandoverRow]:
    """Lock the offers to an authority. Cases are locked before offers, as everywhere."""
    held = await session.fetchcolumn(_HOLD_OFFERED, incident_id, authority, limit)
    return await session.fetch(HandoverRow, _LOCK_OFFERED, held, authority)


async def lock_held_by_others(session: Session, handover_ids: Sequence[UUID]) -> list[HandoverRow]:
    """Lock other accepted handovers of the same people."""
    return await session.fetch(HandoverRow, _HELD_BEFORE, handover_ids)


async def write_acceptances(
    session: Session,
    taken: Sequence[tuple[UUID, HandoverState]],
    by: str,
    at: datetime,
    contact_by: datetime,
) -> None:
    await session.execute(
        _ACCEPT, [handover_id for handover_id, _ in taken], [state for _, state in taken], by, at, contact_by
    )


async def write_refusal(
    session: Session, handover_id: UUID, said: tuple[RefusalReason, Sealed], by: str, at: datetime
) -> None:
    reason, why = said
    await session.execute(
        "update handover set state = 'refused', refusal = $2, refusal_note = $3, refused_by = $4, "
        "refused_at = $5, clock_at = null where handover_id = $1",
        handover_id,
        reason,
        why,
        by,
        at,
    )


async def write_refused_status(
    session: Session,
    registration_id: UUID,
    authority: str,
    said: tuple[RefusalReason, str | None],
    at: datetime,
) -> None:
    """Write the refused status. `said`: the reason, and the authority suggested instead."""
    reason, suggested = said
    await session.execute(
        "update standing set status = 'refused', status_since = $4, refusal = $3, suggested = $5, "
        "refused_by = case when $2 = any(refused_by) then refused_by else refused_by || $2::text end "
        "where registration_id = $1",
        registration_id,
        authority,
        reason,
        at,
        suggested,
    )


async def load_refusals(session: Session, ids: Collection[UUID]) -> dict[UUID, Refusals]:
    """Return the refusals by registration. No entry: none."""
    rows = await session.fetch(
        Refusals,
        "select registration_id, refused_by, refusal from standing where registration_id = any($1::uuid[]) "
        "and refused_by <> '{}'",
        list(ids),
    )
    return {row.registration_id: row for row in rows}


async def write_first_contacts(session: Session, made: Sequence[tuple[UUID, datetime, str]]) -> None:
    await session.execute(_CONTACT, *(list(column) for column in zip(*made, strict=True)))
