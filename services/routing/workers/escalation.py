"""Escalate overdue steps once: unanswered offers, missing first contacts, queued cases."""

from collections import Counter
from datetime import date, datetime

from contracts.events.routing import HandoverEscalated, TriageOverdue
from contracts.events.vocabulary import HandoverStep
from kit.database import outbox
from kit.database.database import Database
from kit.runtime.clock import Clock
from kit.runtime.metrics import exercise
from services.routing import events, metrics
from services.routing.authorities.directory import AuthorityDirectory
from services.routing.domain.authority import Authorities
from services.routing.domain.deadlines import Deadlines
from services.routing.domain.triage import Queue, Triage
from services.routing.store import escalations, relations, triage
from services.routing.store.escalations import EscalatedHandover
from services.routing.store.triage import OverdueCase
from services.routing.use_cases import hand_over_cases
from services.routing.workers.decide_cases import today


class EscalationWorker:
    def __init__(
        self,
        database: Database,
        directory: AuthorityDirectory,
        clock: Clock,
        deadlines: Deadlines,
        *,
        batch: int,
    ) -> None:
        self._database = database
        self._directory = directory
        self._clock = clock
        self._deadlines = deadlines
        self._batch = batch

    async def round(self) -> bool:
        handovers, cases, bereaved = await self._handovers(), await self._cases(), await self._bereaved()
        return self._batch in {handovers, cases, bereaved}

    async def expired(self) -> bool:
        """Call off unanswered offers whose consent has expired."""
        async with self._database.transaction() as session:
            at = self._clock.agreed(session.now)
            ids = await escalations.lock_expired(session, at, self._batch)
            await hand_over_cases.reevaluate_cases(session, ids, at, self._deadlines.handovers)
        return len(ids) == self._batch

    async def _handovers(self) -> int:
        on = today(self._clock)
        authorities = (await self._directory.edition()).authorities
        async with self._database.transaction() as session:
            late = await escalations.lock_overdue(session, self._clock.now(), self._batch)
            at = await session.read_time(self._clock)
            rows = await escalations.mark_escalated(session, late, at) if late else []
            await outbox.emit(session, [_escalated(row, authorities, on, at) for row in rows])
        told = Counter((row.step, exercise(row.exercise)) for row in rows)
        for labels, number in told.items():
            metrics.ESCALATIONS.labels(*labels).inc(number)
        return len(late)

    async def _bereaved(self) -> int:
        """Report the death of a relative, and its correction, to the responsible authority once."""
        async with self._database.transaction() as session:
            undone = await relations.unmark_bereaved(session, self._batch)
            rows = await relations.mark_bereaved(session, self._clock.now(), self._batch)
            at = await session.read_time(self._clock)
            died = [
                events.relative_died(row, handover, row.relative_id, at)
                for row in rows
                if (handover := row.handover()) is not None
            ]
            alive = [events.relative_death_undone(row, row.handover(), at) for row in undone]
            await outbox.emit(session, [*alive, *died])
        return len(rows)

    async def _cases(self) -> int:
        async with self._database.transaction() as session:
            late = await triage.lock_overdue(session, self._deadlines.triage, self._batch)
            if late:
                await triage.mark_overdue(session, late)
                await outbox.emit(session, [_overdue(row, session.now) for row in late])
        return len(late)


def _escalated(row: EscalatedHandover, authorities: Authorities, on: date, at: datetime) -> HandoverEscalated:
    region = authorities.region_of(row.municipality, on)
    return events.handover_escalated(row, row.handover(), HandoverStep(row.step), region, (row.due_at, at))


def _overdue(row: OverdueCase, at: datetime) -> TriageOverdue:
    queued = Triage(Queue(row.queue), row.reason)
    owner_known = row.owner is not None
    return events.triage_overdue(row, queued, row.since, at, owner_known=owner_known)
