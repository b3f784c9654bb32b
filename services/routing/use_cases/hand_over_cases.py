"""Hand cases over to home authorities, in the transaction that caused it."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from contracts.events import personal
from contracts.events.ids import AuthorityId, HandoverId, RegistrationId
from contracts.events.routing import HomeAuthorityUnresolved
from contracts.wire.event import PersonEvent
from contracts.wire.sealed import FieldSet
from kit.database import outbox
from kit.database.database import Session
from kit.runtime.ids import new_id
from services.routing import events, metrics
from services.routing.domain.handover import (
    Case,
    Disclosure,
    Handover,
    HandoverDeadlines,
    HandoverState,
    HandoverStatus,
    HandoverTarget,
    NextStep,
    apply_step,
    next_step,
    readable_handovers,
)
from services.routing.store import handovers, relations, successions
from services.routing.store.decisions import DecisionRow
from services.routing.store.handovers import CaseRecord, NewOffer, StatusUpdate
from services.routing.use_cases import report_unresolved_homes

BY_RULE: Final = "routing"  # the actor if no official acted


@dataclass(frozen=True, slots=True)
class HandoverChange:
    """A case, its next step, and the case after the step."""

    known: CaseRecord
    step: NextStep
    after: Case
    offer: NewOffer | None
    by: str

    @property
    def registration_id(self) -> RegistrationId:
        return self.known.case_ref.registration_id

    def is_relevant(self) -> bool:
        """Return whether there is something to write. A refused case is queued again if needed."""
        stays = self.after == self.known.case and self.step.status == self.known.status
        return not stays or self.known.home_is_new or self.step.status is HandoverStatus.REFUSED


async def follow_decisions(
    session: Session,
    decisions: Sequence[DecisionRow],
    decided: Sequence[PersonEvent],
    at: datetime,
    deadlines: HandoverDeadlines,
    successors: Mapping[AuthorityId, AuthorityId],
) -> None:
    """Publish decisions that were just written, and take the next steps.

    `decided`: the events of the decisions. `successors`: the successor of each ended authority.
    """
    last = {row.registration_id: row for row in decisions}
    if not last:
        return
    homes = {key: _home(row) for key, row in last.items()}
    died = {key: row.died for key, row in last.items() if row.died is not None}
    if died:
        await relations.write_deaths(session, died, at)
    found = await handovers.load_cases(session, last, homes)
    if stale := [one.case_ref.registration_id for one in found if one.names_one_of(successors)]:
        await successions.transfer_to_successors(session, stale, successors)
        found = await handovers.load_cases(session, last, homes)
    changes = [
        _change(known, last[known.case_ref.registration_id].decided_by, at, deadlines) for known in found
    ]
    held = {change.registration_id: change.after.held for change in changes if change.after.held}
    await outbox.emit(session, [_with_holder(event, held.get(event.registration_id)) for event in decided])
    await _write(session, [change for change in changes if change.is_relevant()], at)


async def reevaluate_cases(
    session: Session, ids: Collection[UUID], at: datetime, deadlines: HandoverDeadlines
) -> None:
    """Take the next steps of cases whose facts have changed."""
    if ids:
        changes = [_change(known, None, at, deadlines) for known in await handovers.load_cases(session, ids)]
        await _write(session, [change for change in changes if change.is_relevant()], at)
        ended = [one.registration_id for one in changes if one.known.case.held and not one.after.held]
        await report_unresolved_homes.report_again(session, ended, at)


async def disclose_corrections(session: Session, ids: Collection[UUID], at: datetime) -> None:
    """Record the disclosure of corrections to authorities with an open handover."""
    if not ids:
        return
    found = [
        (known, reader, consent)
        for known in await handovers.load_cases(session, ids)
        for reader in readable_handovers(known.case, at)
        if (consent := known.case.facts.ledger.unwithdrawn_consent())
    ]
    passed = [
        Disclosure(known.case_ref, reader, _field_sets(known), consent, BY_RULE, at)
        for known, reader, consent in found
    ]
    await _disclose(session, passed)


async def _disclose(session: Session, passed: Sequence[Disclosure]) -> None:
    if passed:
        await handovers.insert_disclosures(session, passed)
        await outbox.emit(session, [events.personal_data_passed_on(each) for each in passed])


def _with_holder(event: PersonEvent, held: Handover | None) -> PersonEvent:
    if held is None or not isinstance(event, HomeAuthorityUnresolved):
        return event
    return event.model_copy(update={"held_by": held.authority, "covered_by": held.names()})


def _home(row: DecisionRow) -> HandoverTarget | None:
    if row.municipality is None:
        return None
    covered_by = tuple(AuthorityId(code) for code in row.covered_by)
    return HandoverTarget(
        AuthorityId(row.municipality), AuthorityId(row.acting or row.municipality), covered_by
    )


def _change(
    known: CaseRecord, person: str | None, at: datetime, deadlines: HandoverDeadlines
) -> HandoverChange:
    step = next_step(known.case, at, by_person=person is not None)
    offered = None if step.offer is None else HandoverId(new_id())
    row = None
    if step.offer is not None and offered is not None:
        answer_by = at + deadlines.answer
        row = NewOffer(known.case_ref, offered, step.offer.home, step.offer.consent, at, answer_by)
    return HandoverChange(known, step, apply_step(known.case, step, offered), row, person or BY_RULE)


async def _write(session: Session, changes: Sequence[HandoverChange], at: datetime) -> None:
    if not changes:
        return
    called_off = [
        (each.handover.handover_id, each.why.value) for change in changes for each in change.step.call_off
    ]
    if called_off:
        await handovers.mark_called_off(session, called_off, at)
    offers = [change.offer for change in changes if change.offer]
    if offers:
        await handovers.insert_offers(session, offers)
    stands = [StatusUpdate(change.registration_id, change.after, change.step.status) for change in changes]
    await handovers.write_statuses(session, stands, at)
    await _update_queue(session, changes)
    await outbox.emit(session, [event for change in changes for event in _events(change, at)])
    await _disclose(session, [_disclosure(change, change.offer) for change in changes if change.offer])
    metrics.count_handovers(HandoverState.OFFERED, [offer.case_ref.exercise for offer in offers])
    ended = [change.known.case_ref.exercise for change in changes for _ in change.step.call_off]
    metrics.count_handovers(HandoverState.CALLED_OFF, ended)


async def _update_queue(session: Session, changes: Sequence[HandoverChange]) -> None:
    """Queue refused cases for an official; remove those that are no longer refused."""
    refused = [change.registration_id for change in changes if change.step.status is HandoverStatus.REFUSED]
    if refused:
        await handovers.queue_refused(session, refused)
    answered = [
        change.registration_id
        for change in changes
        if change.known.status is HandoverStatus.REFUSED and change.step.status is not HandoverStatus.REFUSED
    ]
    if answered:
        await handovers.unqueue_refused(session, answered)


def _events(change: HandoverChange, at: datetime) -> Iterator[PersonEvent]:
    case_ref, offer = change.known.case_ref, change.offer
    for each in change.step.call_off:
        yield events.handover_called_off(case_ref, each.handover, each.why, at)
    if offer is not None:
        yield events.handover_offered(
            case_ref, _new_handover(offer), offer.consent.consent_id, at, offer.answer_by
        )


def _disclosure(change: HandoverChange, offer: NewOffer) -> Disclosure:
    field_sets = _field_sets(change.known)
    return Disclosure(
        offer.case_ref, _new_handover(offer), field_sets, offer.consent, change.by, offer.offered_at
    )


def _new_handover(offer: NewOffer) -> Handover:
    return Handover(offer.handover_id, offer.home.authority, HandoverState.OFFERED)


def _field_sets(known: CaseRecord) -> tuple[FieldSet, ...]:
    """Return the field sets that the authority can read from now on for its journal."""
    there = ((personal.IDENTITY, known.identified), (personal.CIRCUMSTANCES, known.tells))
    return (personal.CONTACT, *(field_set for field_set, has in there if has))
