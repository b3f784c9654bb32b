"""Decide due cases: claim them on a lease, look up the register, decide, and write under the claim's epoch.

No database connection is held during the look-up.
"""

import asyncio
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from functools import partial
from typing import assert_never
from uuid import UUID

from contracts.events.ids import AuthorityId
from kit.database.database import Database, Session
from kit.privacy.keyring import Keyring
from kit.runtime.clock import Clock
from kit.runtime.metrics import exercise
from services.routing import metrics
from services.routing.authorities.directory import AuthorityDirectory, Edition
from services.routing.domain.authority import Authorities
from services.routing.domain.handover import DEFAULT_HANDOVER_DEADLINES, HandoverDeadlines
from services.routing.domain.outcome import Decision, UnknownHome, UnknownReason
from services.routing.domain.override import apply_override
from services.routing.domain.period import day_of
from services.routing.domain.resolution import resolve
from services.routing.domain.retry import RetryPolicy
from services.routing.register.lookup import PersonRegister
from services.routing.store import authorities, decisions, home_cases
from services.routing.store.home_cases import CaseUpdate, DueCase
from services.routing.use_cases import hand_over_cases
from services.routing.use_cases.look_up_people import RegisterLookUps
from services.routing.use_cases.open_cases import (
    ClaimedCase,
    ForgottenCase,
    OpenedCase,
    UnreadableCase,
    open_case,
)
from services.routing.use_cases.record_decisions import (
    CaseResult,
    decided_case,
    replace_refused_homes,
    unreadable_case,
    waiting_case,
)

_CHUNK = 200  # cases written together, so that a slow register cannot outlast the lease of a batch


class DecisionWorker:
    def __init__(
        self,
        database: Database,
        keyring: Keyring,
        register: PersonRegister,
        directory: AuthorityDirectory,
        clock: Clock,
        patience: RetryPolicy,
        *,
        batch: int,
        lease: timedelta,
        deadlines: HandoverDeadlines = DEFAULT_HANDOVER_DEADLINES,
    ) -> None:
        self._database = database
        self._keyring = keyring
        self._register = register
        self._directory = directory
        self._clock = clock
        self._patience = patience
        self._batch = batch
        self._lease = lease
        self._deadlines = deadlines

    async def round(self) -> bool:
        claims = await self.claim()
        if claims:
            await self.work(claims)
        return bool(claims)

    async def claim(self) -> list[DueCase]:
        async with self._database.transaction() as session:
            return await home_cases.claim_due(session, self._batch, self._lease)

    async def work(self, claims: Sequence[DueCase]) -> None:
        enough_at = time.monotonic() + self._lease.total_seconds() / 2
        on, edition = today(self._clock), await self._directory.edition()
        keys = await self._keyring.read([claim.registration_id for claim in claims])
        cases = [open_case(claim, keys) for claim in claims]
        lookups = RegisterLookUps(self._register, on)
        to_ask = [case for case in cases if isinstance(case, OpenedCase) and case.has_cpr_number()]
        asked = {case.claim.case_ref.registration_id for case in to_ask}
        decide = partial(self._decide_and_write, lookups=lookups, edition=edition, on=on)
        await decide([c for c in cases if c.claim.case_ref.registration_id not in asked])
        async with asyncio.TaskGroup() as writing:  # write one chunk while the next is looked up
            for start in range(0, len(to_ask), _CHUNK):
                if time.monotonic() > enough_at:
                    await self._release(to_ask[start:])
                    return
                some = to_ask[start : start + _CHUNK]
                await lookups.look_up([(case.identity, case.age_band) for case in some])
                writing.create_task(decide(some))

    async def _decide_and_write(
        self,
        cases: Sequence[OpenedCase | ForgottenCase | UnreadableCase],
        *,
        lookups: RegisterLookUps,
        edition: Edition,
        on: date,
    ) -> None:
        """Decide and write the cases in one transaction. Skip cases that were claimed or decided since.

        If the table of authorities was replaced or the day has changed, release all claims.
        """
        if not cases:
            return
        kept: list[CaseResult] = []
        async with self._database.transaction() as session:
            version = await authorities.lock_shared_version(session)
            replaced = version != edition.version or today(self._clock) != on
            if not replaced:
                ids = [case.claim.case_ref.registration_id for case in cases]
                await home_cases.lock_cases(session, ids)
                at = await decisions.not_before_last(session, ids, await session.read_time(self._clock))
                results = [self._decide(case, lookups, edition.authorities, on, at) for case in cases]
                kept = await self._write(session, results, edition.authorities.successors(on), at)
        metrics.FENCED.inc(len(cases) - len(kept))
        _count(kept, cases)
        if replaced:
            await self._directory.reread()
            await self._release(cases)

    async def _write(
        self,
        session: Session,
        results: Sequence[CaseResult],
        successors: Mapping[AuthorityId, AuthorityId],
        at: datetime,
    ) -> list[CaseResult]:
        """Write the results whose claim still holds, and emit their events; return them."""
        written = await home_cases.write_updates(session, [each.update for each in results])
        kept = [each for each in results if each.update.registration_id in written]
        rows = [each.row for each in kept if each.row]
        await decisions.add_decisions(session, rows)
        kept = await replace_refused_homes(session, kept, successors)
        decided = [event for each in kept for event in (each.event, each.number_event) if event]
        await hand_over_cases.follow_decisions(session, rows, decided, at, self._deadlines, successors)
        return kept

    def _decide(
        self,
        case: OpenedCase | ForgottenCase | UnreadableCase,
        lookups: RegisterLookUps,
        table: Authorities,
        on: date,
        at: datetime,
    ) -> CaseResult:
        match case:
            case ForgottenCase(claim):
                return CaseResult(
                    CaseUpdate(claim.case_ref.registration_id, claim.epoch, "forgotten"), result="forgotten"
                )
            case UnreadableCase(claim):
                return unreadable_case(claim, on, at)
            case OpenedCase():
                decision = resolve(
                    case.identity, case.addresses, lookups.answers, table, on, case.age_band,
                    consenting=case.consenting,
                )  # fmt: skip
                if isinstance(decision, UnknownHome) and decision.reason is UnknownReason.REGISTER_PENDING:
                    return waiting_case(case.claim, decision, self._patience, at)
                return decided_case(case, _apply_override(case.claim, decision, table), at)
            case _:
                assert_never(case)

    async def _release(self, cases: Sequence[OpenedCase | ForgottenCase | UnreadableCase]) -> None:
        async with self._database.transaction() as session:
            await home_cases.release_claims(
                session, [(case.claim.case_ref.registration_id, case.claim.epoch) for case in cases]
            )


def _count(kept: Sequence[CaseResult], cases: Sequence[OpenedCase | ForgottenCase | UnreadableCase]) -> None:
    exercises: dict[UUID, bool] = {
        case.claim.case_ref.registration_id: case.claim.case_ref.exercise for case in cases
    }
    told = Counter((each.result, exercises[each.update.registration_id]) for each in kept)
    for (became, is_exercise), number in told.items():
        metrics.DECIDED.labels(became, exercise(is_exercise)).inc(number)


def today(clock: Clock) -> date:
    return day_of(clock.now())


def _apply_override(claim: ClaimedCase, decision: Decision, table: Authorities) -> Decision:
    if claim.ruled is None:
        return decision
    return apply_override(
        claim.ruled, decision, table, facts_changed=claim.facts_changed, by_event=claim.ruled_event
    )
