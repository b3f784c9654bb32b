"""Cases that go on to an authority at home, in the transaction that made them go."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from contracts.events import personal
from contracts.events.ids import AuthorityId, HandoverId, RegistrationId
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

BY_RULE: Final = "routing"  # the actor, where no person acted


@dataclass(frozen=True, slots=True)
class Move:
    """One case, what is done with it, and how it stands then."""

    known: CaseRecord
    step: NextStep
    after: Case
    offer: NewOffer | None
    by: str

    @property
    def registration_id(self) -> RegistrationId:
        return self.known.about.registration_id

    def matters(self) -> bool:
        """Tell if there is something to write. What is refused is put before people again, if need be."""
        stays = self.after == self.known.case and self.step.status == self.known.status
        return not stays or self.known.home_is_new or self.step.status is HandoverStatus.REFUSED


async def follow(
    session: Session,
    decisions: Sequence[DecisionRow],
    at: datetime,
    deadlines: HandoverDeadlines,
    successors: Mapping[AuthorityId, AuthorityId],
) -> None:
    """Go on from decisions about the home authority that were just written.

    `successors`: who answers for each authority that has ended (Authorities.successors).
    """
    last = {row.registration_id: row for row in decisions}
    if not last:
        return
    homes = {key: _home(row) for key, row in last.items()}
    died = {key: row.died for key, row in last.items() if row.died is not None}
    if died:
        await relations.write_deaths(session, died, at)
    found = await handovers.load_cases(session, last, homes)
    if stale := [one.about.registration_id for one in found if one.names_one_of(successors)]:
        await successions.transfer_to_successors(session, stale, successors)
        found = await handovers.load_cases(session, last, homes)
    moves = [_move(known, last[known.about.registration_id].decided_by, at, deadlines) for known in found]
    await _write(session, [move for move in moves if move.matters()], at)


async def reconsider(
    session: Session, ids: Collection[UUID], at: datetime, deadlines: HandoverDeadlines
) -> None:
    """Look again at cases about which something has become known."""
    if ids:
        moves = [_move(known, None, at, deadlines) for known in await handovers.load_cases(session, ids)]
        await _write(session, [move for move in moves if move.matters()], at)


async def pass_on_corrected(session: Session, ids: Collection[UUID], at: datetime) -> None:
    """Record that authorities can read what has been corrected, where they can read anything."""
    if not ids:
        return
    found = [
        (known, reader, consent)
        for known in await handovers.load_cases(session, ids)
        for reader in readable_handovers(known.case, at)
        if (consent := known.case.facts.ledger.standing())
    ]
    passed = [
        Disclosure(known.about, reader, _field_sets(known), consent, BY_RULE, at)
        for known, reader, consent in found
    ]
    await _pass_on(session, passed)


async def _pass_on(session: Session, passed: Sequence[Disclosure]) -> None:
    if passed:
        await handovers.insert_disclosures(session, passed)
        await outbox.emit(session, [events.personal_data_passed_on(each) for each in passed])


def _home(row: DecisionRow) -> HandoverTarget | None:
    if row.municipality is None:
        return None
    covered_by = tuple(AuthorityId(code) for code in row.covered_by)
    return HandoverTarget(
        AuthorityId(row.municipality), AuthorityId(row.acting or row.municipality), covered_by
    )


def _move(known: CaseRecord, person: str | None, at: datetime, deadlines: HandoverDeadlines) -> Move:
    step = next_step(known.case, at, by_person=person is not None)
    offered = None if step.offer is None else HandoverId(new_id())
    row = None
    if step.offer is not None and offered is not None:
        answer_by = at + deadlines.answer
        row = NewOffer(known.about, offered, step.offer.home, step.offer.consent, at, answer_by)
    return Move(known, step, apply_step(known.case, step, offered), row, person or BY_RULE)


async def _write(session: Session, moves: Sequence[Move], at: datetime) -> None:
    if not moves:
        return
    called_off = [
        (each.handover.handover_id, each.why.value) for move in moves for each in move.step.call_off
    ]
    if called_off:
        await handovers.mark_called_off(session, called_off, at)
    offers = [move.offer for move in moves if move.offer]
    if offers:
        await handovers.insert_offers(session, offers)
    stands = [StatusUpdate(move.registration_id, move.after, move.step.status) for move in moves]
    await handovers.write_statuses(session, stands, at)
    await _queue(session, moves)
    await outbox.emit(session, [event for move in moves for event in _events(move, at)])
    await _pass_on(session, [_passed(move, move.offer) for move in moves if move.offer])
    metrics.count_handovers(HandoverState.OFFERED, [offer.about.exercise for offer in offers])
    ended = [move.known.about.exercise for move in moves for _ in move.step.call_off]
    metrics.count_handovers(HandoverState.CALLED_OFF, ended)


async def _queue(session: Session, moves: Sequence[Move]) -> None:
    """Ask a person about what was refused, and about nothing that is refused no more."""
    refused = [move.registration_id for move in moves if move.step.status is HandoverStatus.REFUSED]
    if refused:
        await handovers.queue_refused(session, refused)
    answered = [
        move.registration_id
        for move in moves
        if move.known.status is HandoverStatus.REFUSED and move.step.status is not HandoverStatus.REFUSED
    ]
    if answered:
        await handovers.unqueue_refused(session, answered)


def _events(move: Move, at: datetime) -> Iterator[PersonEvent]:
    about, offer = move.known.about, move.offer
    for each in move.step.call_off:
        yield events.handover_called_off(about, each.handover, each.why, at)
    if offer is not None:
        yield events.handover_offered(about, _made(offer), offer.consent.consent_id, at, offer.answer_by)


def _passed(move: Move, offer: NewOffer) -> Disclosure:
    field_sets = _field_sets(move.known)
    return Disclosure(offer.about, _made(offer), field_sets, offer.consent, move.by, offer.offered_at)


def _made(offer: NewOffer) -> Handover:
    return Handover(offer.handover_id, offer.home.authority, HandoverState.OFFERED)


def _field_sets(known: CaseRecord) -> tuple[FieldSet, ...]:
    """Name what the authority can read from now on: everything held that it needs for its own journal."""
    there = ((personal.IDENTITY, known.identified), (personal.CIRCUMSTANCES, known.tells))
    return (personal.CONTACT, *(field_set for field_set, has in there if has))
