"""Cases that are due: claimed on a lease, opened, asked about, decided, and written under the claim's epoch.

No database connection is held while the register is asked.
"""

import asyncio
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial
from typing import assert_never
from uuid import UUID

import asyncpg

from contracts import personal
from contracts.event import PersonEvent
from contracts.identity import IdentitySystem
from contracts.vocabulary import Contactability
from kit import outbox
from kit.clock import Clock
from kit.database import Database
from kit.keyring import Keyring
from kit.metrics import exercise
from services.routing import events, handing_over, metrics
from services.routing.asking import Asking
from services.routing.authorities.directory import Directory, Edition
from services.routing.domain.authority import Authorities
from services.routing.domain.handover import USUAL, Terms
from services.routing.domain.number import cpr_numbers
from services.routing.domain.outcome import Ambiguous, Decision, Resolved, Unknown, UnknownReason
from services.routing.domain.period import day_of
from services.routing.domain.resolving import resolve
from services.routing.domain.ruling import upheld
from services.routing.domain.triage import (
    UNREADABLE,
    Queue,
    Triage,
    contactability,
    doubt,
    question,
    recipient,
)
from services.routing.domain.waiting import Patience
from services.routing.opening import Claim, Forgotten, Open, Unreadable, open_case
from services.routing.register.port import PersonRegister
from services.routing.store import authorities, decisions, home_cases
from services.routing.store.decisions import DecisionRow
from services.routing.store.home_cases import Verdict

_ASKED_AT_ONCE = 200  # cases settled together, so that a slow register cannot outlast the lease of a batch


@dataclass(frozen=True, slots=True)
class Settled:
    """One case with what is written and said of it."""

    verdict: Verdict
    became: str
    row: DecisionRow | None = None
    event: PersonEvent | None = None
    learned: PersonEvent | None = None  # the person's number is another one now


class CaseWork:
    def __init__(
        self,
        database: Database,
        keyring: Keyring,
        register: PersonRegister,
        directory: Directory,
        clock: Clock,
        patience: Patience,
        *,
        batch: int,
        lease: timedelta,
        terms: Terms = USUAL,
    ) -> None:
        self._database = database
        self._keyring = keyring
        self._register = register
        self._directory = directory
        self._clock = clock
        self._patience = patience
        self._batch = batch
        self._lease = lease
        self._terms = terms

    async def round(self) -> bool:
        claims = await self.claim()
        if claims:
            await self.work(claims)
        return bool(claims)

    async def claim(self) -> list[asyncpg.Record]:
        async with self._database.transaction() as session:
            return await home_cases.claim(session, self._batch, self._lease)

    async def work(self, claims: Sequence[asyncpg.Record]) -> None:
        enough_at = time.monotonic() + self._lease.total_seconds() / 2
        on, edition = today(self._clock), await self._directory.edition()
        keys = await self._keyring.read([claim["registration_id"] for claim in claims])
        cases = [open_case(claim, keys) for claim in claims]
        asking = Asking(self._register, on)
        to_ask = [case for case in cases if isinstance(case, Open) and case.has_cpr_number()]
        asked = {case.claim.about.registration_id for case in to_ask}
        settle = partial(self._settle, asking=asking, edition=edition, on=on)
        await settle([c for c in cases if c.claim.about.registration_id not in asked])
        async with asyncio.TaskGroup() as settling:  # some are written while the next are asked about
            for start in range(0, len(to_ask), _ASKED_AT_ONCE):
                if time.monotonic() > enough_at:
                    await self._give_back(to_ask[start:])
                    return
                some = to_ask[start : start + _ASKED_AT_ONCE]
                await asking.ask([(case.identity, case.age_band) for case in some])
                settling.create_task(settle(some))

    async def _settle(
        self, cases: Sequence[Open | Forgotten | Unreadable], *, asking: Asking, edition: Edition, on: date
    ) -> None:
        """Write all of it in one transaction; what another has claimed or decided since is left alone.

        Where the authorities have been replaced in the meantime, all of it is decided again.
        """
        if not cases:
            return
        at = self._clock.now()
        settled = [self._decide(case, asking, edition.authorities, on, at) for case in cases]
        async with self._database.transaction() as session:
            replaced = await authorities.hold_version(session) != edition.version
            written = set() if replaced else await home_cases.settle(session, [s.verdict for s in settled])
            kept = [each for each in settled if each.verdict.registration_id in written]
            await decisions.add_decisions(session, [each.row for each in kept if each.row])
            said = [event for each in kept for event in (each.event, each.learned) if event]
            await outbox.emit(session, said)
            rows, successors = [e.row for e in kept if e.row], edition.authorities.successors(on)
            await handing_over.follow(session, rows, at, self._terms, successors)
        metrics.FENCED.inc(len(settled) - len(kept))
        _count(kept, cases)
        if replaced:
            await self._directory.reread()
            await self._give_back(cases)

    def _decide(
        self,
        case: Open | Forgotten | Unreadable,
        asking: Asking,
        table: Authorities,
        on: date,
        at: datetime,
    ) -> Settled:
        match case:
            case Forgotten(claim):
                return Settled(
                    Verdict(claim.about.registration_id, claim.epoch, "forgotten"), became="forgotten"
                )
            case Unreadable(claim):
                return _unreadable(claim, on, at)
            case Open():
                decision = resolve(case.identity, case.addresses, asking.answers, table, on, case.age_band)
                if isinstance(decision, Unknown) and decision.reason is UnknownReason.REGISTER_PENDING:
                    return _waits(case.claim, decision, self._patience, at)
                return _decided(case, _upheld(case.claim, decision, table), at)
            case _:
                assert_never(case)

    async def _give_back(self, cases: Sequence[Open | Forgotten | Unreadable]) -> None:
        async with self._database.transaction() as session:
            await home_cases.give_back(
                session, [(case.claim.about.registration_id, case.claim.epoch) for case in cases]
            )


def _count(kept: Sequence[Settled], cases: Sequence[Open | Forgotten | Unreadable]) -> None:
    exercises: dict[UUID, bool] = {
        case.claim.about.registration_id: case.claim.about.exercise for case in cases
    }
    told = Counter((each.became, exercises[each.verdict.registration_id]) for each in kept)
    for (became, is_exercise), number in told.items():
        metrics.DECIDED.labels(became, exercise(is_exercise)).inc(number)


def today(clock: Clock) -> date:
    return day_of(clock.now())


def _upheld(claim: Claim, decision: Decision, table: Authorities) -> Decision:
    if claim.ruled is None:
        return decision
    return upheld(claim.ruled, decision, table, facts_changed=claim.facts_changed, by_event=claim.ruled_event)


def _decided(case: Open, decision: Decision, at: datetime) -> Settled:
    about, person = case.claim.about, decision.person
    contact, whom = contactability(decision, case.age_band), recipient(person)
    sealed = case.key.seal(personal.RECIPIENT, whom) if whom else None
    looked_at: Triage | None
    event: PersonEvent
    if isinstance(decision, Resolved):
        state, looked_at = "resolved", doubt(decision)
        event = events.resolved(about, decision, contact, sealed, at)
    else:
        state, looked_at = "triage", question(decision)
        event = events.unresolved(about, decision.on, looked_at, contact, at)
    verdict = Verdict(
        about.registration_id,
        case.claim.epoch,
        state,
        looked_at,
        contactability=contact,
        digital_post=person.recipients.digital_post(),
        letter_allowed=person.letter_allowed,
        recipient=sealed,
        on=decision.on,
        home=(decision.municipality, decision.region) if isinstance(decision, Resolved) else None,
    )
    return Settled(verdict, state, _row(case.claim, decision, at), event, _learned(case, decision, at))


def _learned(case: Open, decision: Decision, at: datetime) -> PersonEvent | None:
    """Tell the number that the register has put in the place of the one the person was registered with."""
    number = decision.person.current_cpr
    if number is None or number in cpr_numbers(case.identity, decision.on):
        return None
    current = personal.Identity((personal.Identifier(IdentitySystem.CPR, number),))
    return events.current_number(case.claim.about, case.key.seal(personal.IDENTITY, current), at)


def _waits(claim: Claim, decision: Unknown, patience: Patience, at: datetime) -> Settled:
    """Keep the case waiting. Once it has waited long, people see it as well.

    That is told of a case never decided; an earlier decision holds meanwhile.
    """
    tries = claim.tries + 1
    looked_at = question(decision) if patience.shown_to_people(tries) else None
    verdict = Verdict(
        claim.about.registration_id,
        claim.epoch,
        "waiting",
        looked_at,
        pause=patience.pause(tries),
        tries=tries,
    )
    if looked_at is None or claim.decided or not patience.first_shown(tries):
        return Settled(verdict, "register_away")
    event = events.unresolved(claim.about, decision.on, looked_at, decision.person.contactability, at)
    return Settled(verdict, "register_away", _row(claim, decision, at), event)


def _unreadable(claim: Claim, on: date, at: datetime) -> Settled:
    looked_at = Triage(Queue.UNREADABLE, UNREADABLE)
    verdict = Verdict(
        claim.about.registration_id,
        claim.epoch,
        "triage",
        looked_at,
        contactability=Contactability.SUPPRESSED,
        on=on,
    )
    row = DecisionRow(claim.about.registration_id, on, at, "unreadable", looked_at.reason)
    event = events.unresolved(claim.about, on, looked_at, Contactability.SUPPRESSED, at)
    return Settled(verdict, verdict.state, row, event)


def _row(claim: Claim, decision: Decision, at: datetime) -> DecisionRow:
    registration_id, doubts = claim.about.registration_id, decision.person.doubts
    match decision:
        case Resolved():
            return DecisionRow(
                registration_id,
                decision.on,
                at,
                "resolved",
                decision.reason,
                municipality=decision.municipality,
                region=decision.region,
                health_council=decision.health_council,
                acting=decision.acting,
                covered_by=decision.covered_by,
                doubts=doubts,
            )
        case Ambiguous():
            return DecisionRow(
                registration_id, decision.on, at, "ambiguous", decision.reason,
                region=decision.region, candidates=decision.candidates, doubts=doubts,
            )  # fmt: skip
        case Unknown():
            return DecisionRow(
                registration_id, decision.on, at, "unknown", decision.reason,
                candidates=decision.suggestions, doubts=doubts,
            )  # fmt: skip
        case _:
            assert_never(decision)
