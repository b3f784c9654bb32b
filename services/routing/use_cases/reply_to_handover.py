"""Record the replies of authorities to offers, and calls that reached the person.

The caller has locked the case.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from contracts.events.ids import AuthorityId
from contracts.events.outreach import CallConcluded
from contracts.events.vocabulary import NOT_REACHED, CalledOffReason, RefusalReason
from contracts.wire.event import PersonEvent
from contracts.wire.sealed import Sealed
from kit.database import outbox
from kit.database.database import Session
from services.routing import events, metrics
from services.routing.domain.handover import (
    HandoverDeadlines,
    HandoverState,
)
from services.routing.domain.handover_reply import state_after_acceptance
from services.routing.store import handover_replies, handovers
from services.routing.store.handover_replies import HandoverRow
from services.routing.use_cases import report_unresolved_homes


async def accept_handovers(
    session: Session, rows: Sequence[HandoverRow], by: str, at: datetime, deadlines: HandoverDeadlines
) -> None:
    """Accept handovers and call off those of the previously responsible authorities."""
    contact_by = at + deadlines.first_contact
    before = await handover_replies.lock_held_by_others(session, [row.handover_id for row in rows])
    if before:
        moved = CalledOffReason.MOVED
        await handovers.mark_called_off(session, [(row.handover_id, moved) for row in before], at)
        await outbox.emit(
            session,
            [events.handover_called_off(row, row.handover(), moved, at) for row in before],
        )
    await handover_replies.write_acceptances(
        session, [(row.handover_id, _state_after_acceptance(row)) for row in rows], by, at, contact_by
    )
    await outbox.emit(
        session,
        [events.handover_accepted(row, row.handover(), at, contact_by) for row in rows],
    )
    metrics.count_handovers(HandoverState.ACCEPTED, [row.exercise for row in rows])


def _state_after_acceptance(row: HandoverRow) -> HandoverState:
    return state_after_acceptance(person_reached=row.first_contact_at is not None)


@dataclass(frozen=True, slots=True)
class HandoverRefusal:
    reason: RefusalReason
    why: Sealed  # personal.Note
    suggested: AuthorityId | None = None  # the authority suggested instead


async def refuse_handover(
    session: Session, row: HandoverRow, refusal: HandoverRefusal, by: str, at: datetime
) -> None:
    """Record the refusal and queue the case, so that an official decides again."""
    await handover_replies.write_refusal(session, row.handover_id, (refusal.reason, refusal.why), by, at)
    said = refusal.reason, refusal.suggested
    await handover_replies.write_refused_status(session, row.registration_id, row.authority, said, at)
    await handovers.queue_refused(session, [row.registration_id])
    refused = events.handover_refused(row, row.handover(), refusal.reason, at)
    await outbox.emit(session, [refused])
    await report_unresolved_homes.report_again(session, [row.registration_id], at)
    metrics.count_handovers(HandoverState.REFUSED, [row.exercise])


async def record_first_contact(session: Session, row: HandoverRow, by: str, at: datetime) -> None:
    await _record_contacts(session, [(row, at, by)])


async def record_calls(session: Session, calls: Sequence[CallConcluded]) -> None:
    """Record calls that reached the person as the first contact owed by the authority."""
    told = [call for call in calls if call.outcome not in NOT_REACHED]
    if not told:
        return
    open_ones = await handover_replies.lock_uncontacted(session, {call.registration_id for call in told})
    found = [(row, at, "outreach") for row in open_ones if (at := _first_call(told, row)) is not None]
    if found:
        await _record_contacts(session, found)


def _first_call(calls: Collection[CallConcluded], row: HandoverRow) -> datetime | None:
    """Return the time of the first call by that authority since the offer."""
    homes = {row.authority, row.municipality}
    made = (
        call.concluded_at
        for call in calls
        if call.registration_id == row.registration_id
        and not homes.isdisjoint({call.municipality, call.authority})
        and call.concluded_at >= row.offered_at
    )
    return min(made, default=None)


async def _record_contacts(session: Session, made: Sequence[tuple[HandoverRow, datetime, str]]) -> None:
    """Record first contacts. An unanswered offer keeps its deadline for the answer."""
    await handover_replies.write_first_contacts(session, [(row.handover_id, at, by) for row, at, by in made])
    told: list[PersonEvent] = [events.first_contact_made(row, row.handover(), at) for row, at, _ in made]
    await outbox.emit(session, told)
    metrics.count_handovers(HandoverState.CONTACTED, [row.exercise for row, _, _ in made])
