"""Send messages: claim with the consent, compose, check again, call, record.

No call starts later than `FRESH` seconds after the last check of the consent, or after the lease may have
ended. The gateway checks both by time.monotonic right before the call.
"""

import asyncio
import logging
import time
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

import asyncpg
from sqlalchemy.exc import SQLAlchemyError

from contracts.events.vocabulary import Channel, WithheldReason
from contracts.rules.consent import refusal_by_channel
from kit.database import outbox
from kit.database.database import Database, Session, is_transient
from kit.runtime.clock import Clock
from kit.runtime.logs import log_problem
from kit.runtime.metrics import exercise
from kit.runtime.retries import Backoff
from services.notify import metrics
from services.notify.channels.gateway import Gateway
from services.notify.domain.custody_holders import repeat_digital_post
from services.notify.domain.message import Composed, OutgoingMessage
from services.notify.domain.outcome import Fault, InDoubt, Outcome, Rejected
from services.notify.domain.transition import (
    Doubtful,
    MessageState,
    Transition,
    TryAgain,
    Withheld,
    after_outcome,
    after_rejection,
)
from services.notify.store import message_claims, messages, people
from services.notify.store.message_claims import Claim
from services.notify.store.messages import MessageRow
from services.notify.store.people import ContactCheck
from services.notify.use_cases import record_transition, shared_phones
from services.notify.use_cases.compose_message import Composer
from services.notify.use_cases.shared_phones import Turn

log = logging.getLogger(__name__)

FRESH: Final = 1.5  # longest time in seconds from the last check to the start of a call
LEASE: Final = timedelta(seconds=60)
_START_WITHIN: Final = 30.0  # seconds from the claim; such a call ends well before the lease
_NOT_KNOWN_YET: Final = timedelta(seconds=2)
_AT_ONCE: Final = TryAgain(timedelta())
_UNWRITABLE: Final = Doubtful("unwritable")

Ready = tuple[Claim, Composed]
Called = tuple[MessageRow, Composed]  # the row has the channels as they were written before the call


class MessageSender:
    def __init__(
        self,
        database: Database,
        clock: Clock,
        composer: Composer,
        gateways: Mapping[Channel, Gateway],
        *,
        batch: int,
        write_within: float = 10.0,
    ) -> None:
        """`write_within`: seconds a round waits for a missing database. Later rounds write the rest."""
        self._database = database
        self._clock = clock
        self._composer = composer
        self._gateways = gateways
        self._batch = batch
        self._write_within = write_within
        self._unwritten: list[tuple[Sequence[tuple[MessageRow, Transition]], bool]] = []
        self._enquiry_after = {
            channel: gateway.enquiry_after
            for channel, gateway in gateways.items()
            if gateway.enquiry_after is not None
        }

    async def round(self) -> bool:
        while self._unwritten:
            done, answered = self._unwritten.pop()
            await self._settle(done, answered=answered)
        start_by = time.monotonic() + _START_WITHIN
        claims = await self.claim()
        if claims:
            await self.send(claims, start_by)
        return bool(claims)

    async def claim(self) -> list[Claim]:
        """Claim due messages, and at once those that became leaders of a text to a shared telephone."""
        claims, leads = await self._claim()
        if leads:
            try:
                leading, _ = await self._claim()
            except Exception:
                await self._release(claims)
                raise
            claims += leading
        return claims

    async def _claim(self) -> tuple[list[Claim], bool]:
        """Claim due messages; withhold in the same transaction those that may not be sent.

        A transaction locks texts to shared telephones once and in one order, which prevents deadlocks.
        """
        async with self._database.transaction() as session:
            at = self._clock.agreed(session.now)
            rows = await message_claims.claim(session, at, self._batch, LEASE)
            leads = await _refuse(session, [row for row in rows if not row.epoch], at)
        return [row for row in rows if row.epoch], leads

    async def send(self, claims: Sequence[Claim], start_by: float) -> None:
        """Send the claimed messages, holding no connection. `start_by`: by time.monotonic."""
        try:
            composed = await self._composer.compose(claims)
        except Exception:
            await self._release(claims)
            raise
        ready: dict[Channel, list[Ready]] = defaultdict(list)
        done: list[tuple[Claim, Transition]] = []
        for claim, written in zip(claims, composed, strict=True):
            made = self._compose(claim, written)
            if isinstance(made, Composed):
                ready[made.message.channel].append((claim, made))
            else:
                done.append((claim, made))
        await self._settle(done)
        await asyncio.gather(
            *(self._by_channel(self._gateways[channel], found, start_by) for channel, found in ready.items())
        )

    def _compose(self, claim: Claim, written: OutgoingMessage | Transition) -> Composed | Transition:
        """Build the bytes of a message before any call. A failure here is final for the channel."""
        if not isinstance(written, OutgoingMessage):
            return written
        gateway = self._gateways.get(written.channel)
        made = Rejected("no-provider") if gateway is None else gateway.compose(written)
        return (
            after_rejection(made.code, record_transition.channels_left(claim))
            if isinstance(made, Rejected)
            else made
        )

    async def _by_channel(self, gateway: Gateway, ready: Sequence[Ready], start_by: float) -> None:
        for start in range(0, len(ready), gateway.at_once):
            if time.monotonic() > start_by:
                await self._settle([(claim, _AT_ONCE) for claim, _ in ready[start:]])
                return
            try:
                await self._chunk(gateway, ready[start : start + gateway.at_once], start_by)
            except Exception:
                await self._release([claim for claim, _ in ready[start + gateway.at_once :]])
                raise

    async def _chunk(self, gateway: Gateway, chunk: Sequence[Ready], start_by: float) -> None:
        looked_at = time.monotonic()
        try:
            called, stopped = await self._check_again(chunk)
        except Exception:
            await self._release([claim for claim, _ in chunk])
            raise
        going: list[Called] = [
            (_with_channels(claim, called[claim.contact_id]), made)
            for claim, made in chunk
            if claim.contact_id in called
        ]
        by = min(start_by, looked_at + FRESH)
        outcomes = await asyncio.gather(
            *(gateway.send(made, start_by=by) for _, made in going), return_exceptions=True
        )
        results = [_outcome(gateway, outcome) for outcome in outcomes]
        _count(gateway, going, results)
        answers = [
            (claim, _transition(gateway, claim, one)) for (claim, _), one in zip(going, results, strict=True)
        ]
        await self._settle(answers, answered=True)
        await self._settle(stopped)

    async def _check_again(
        self, chunk: Sequence[Ready]
    ) -> tuple[dict[UUID, list[str]], list[tuple[Claim, Transition]]]:
        """Mark the messages that are sent next. Return their channels, and the transitions of the others."""
        async with self._database.transaction() as session:
            at = self._clock.agreed(session.now)
            called = await message_claims.mark_called(
                session, at, [(row.contact_id, row.epoch, _channels(row, made)) for row, made in chunk]
            )
            others = [claim for claim, _ in chunk if claim.contact_id not in called]
            gone = (
                await people.find_not_contactable(session, at, list(map(_consent_key, others)))
                if others
                else []
            )
        reasons = {_consent_key(row): Withheld(_why(row, at)) for row in gone}
        return called, [(claim, reasons.get(_consent_key(claim), _AT_ONCE)) for claim in others]

    async def _release(self, claims: Sequence[Claim]) -> None:
        """Release messages that were certainly not sent."""
        await self._settle([(claim, TryAgain(record_transition.pause_of(claim))) for claim in claims])

    async def _settle(self, done: Sequence[tuple[MessageRow, Transition]], *, answered: bool = False) -> None:
        """Write the results, halving on errors. A bad result must not lose the others."""
        try:
            await self._write(done, answered=answered)
        except Exception as error:
            if is_transient(error):
                raise
            if len(done) > 1:
                middle = len(done) // 2
                try:
                    await self._settle(done[:middle], answered=answered)
                finally:
                    await self._settle(done[middle:], answered=answered)
            elif done[0][1] != _UNWRITABLE:
                log_problem(log, "a result cannot be written", error)
                await self._settle([(done[0][0], _UNWRITABLE)])
            else:
                raise

    async def _write(self, done: Sequence[tuple[MessageRow, Transition]], *, answered: bool) -> None:
        """Write now or in a later round. Answers are kept for the life of the process."""
        give_up = time.monotonic() + self._write_within
        pauses = Backoff()
        while done:
            try:
                async with self._database.transaction() as session:
                    at = self._clock.now()
                    await record_transition.record(session, done, at, self._enquiry_after, answered=answered)
            except (
                OSError,
                TimeoutError,
                asyncpg.PostgresError,
                asyncpg.InterfaceError,
                SQLAlchemyError,
            ) as error:
                if not is_transient(error):
                    raise
                if time.monotonic() >= give_up:
                    self._unwritten.append((done, answered))
                    raise
                log_problem(log, "the results are written again", error, messages=len(done))
                await asyncio.sleep(pauses.next())
            else:
                return


def _channels(claim: Claim, made: Composed) -> list[str]:
    return repeat_digital_post(claim.channels, made.message.recipients)


def _with_channels(claim: Claim, channels: list[str]) -> Claim:
    return claim if claim.channels == channels else replace(claim, channels=channels)


def _consent_key(row: ContactCheck) -> tuple[UUID, str, str]:
    return row.registration_id, row.channel, ",".join(row.covered_by)


async def _refuse(session: Session, rows: Sequence[Claim], at: datetime) -> bool:
    """Withhold messages that may not be sent; postpone those that cannot be decided yet.

    Return whether a message became the leader of a text to a shared telephone.
    """
    early = [row for row in rows if _must_wait(row, at)]
    sharing = [row for row in rows if not _must_wait(row, at) and _is_to_share(row)]
    turns = await shared_phones.decide_turns(session, sharing, at) if sharing else {}
    leading = [contact_id for contact_id, turn in turns.items() if turn is Turn.LEADS]
    waits = {row.contact_id: _NOT_KNOWN_YET for row in early} | dict.fromkeys(leading, timedelta())
    waits |= {
        row.contact_id: shared_phones.pause_until_next(row, at)
        for row in sharing
        if turns[row.contact_id] is Turn.WAITS
    }
    if waits:
        await messages.postpone(session, list(waits.items()))
    postponed = waits.keys()
    refused = [(row, Withheld(_why_refused(row, at))) for row in rows if row.contact_id not in postponed]
    if refused:
        await messages.withhold(session, [(row.contact_id, what.reason) for row, what in refused])
        await outbox.emit(
            session, [event for row, what in refused for event in record_transition.events(row, what, at)]
        )
        record_transition.count_states([(row, MessageState.WITHHELD) for row, _ in refused])
    return bool(leading)


def _must_wait(row: Claim, at: datetime) -> bool:
    """Return whether the message must wait for registration, its wave, a merged message or a digest."""
    is_known = row.registered and row.known
    comes_first = not is_known or row.wave_state == "paused" or row.twin == message_claims.UNDER_WAY
    comes_first |= bool(row.allowed and row.twin is None and row.unread)
    return row.not_after > at and not row.forgotten and comes_first


def _is_to_share(row: Claim) -> bool:
    """Return whether the only obstacle to a message is a shared telephone."""
    return bool(row.allowed) and row.twin is None and row.shared is not None


def _why_refused(row: Claim, at: datetime) -> WithheldReason:
    if row.wave_state == "cancelled":
        return WithheldReason.WAVE_CANCELLED
    if row.not_after <= at:
        return WithheldReason.WINDOW_CLOSED
    if _is_to_share(row):
        return WithheldReason.SHARED_PHONE
    return _why(row, at)


def _why(row: ContactCheck, at: datetime) -> WithheldReason:
    if row.forgotten:
        return WithheldReason.FORGOTTEN
    if row.merged or row.twin is not None:
        return WithheldReason.MERGED
    if row.barred:
        return WithheldReason(row.barred)
    reason = refusal_by_channel(people.read_consents(row), Channel(row.channel), row.covered_by, at)
    return reason or WithheldReason.CHANNEL_NOT_CONSENTED


def _outcome(gateway: Gateway, outcome: Outcome | BaseException) -> Outcome:
    """Return the outcome of a call. After an exception the provider may have accepted the message."""
    if isinstance(outcome, BaseException):
        log_problem(log, "a provider raised", outcome, channel=gateway.channel)
        return InDoubt(Fault.RAISED)
    return outcome


def _count(gateway: Gateway, going: Sequence[Called], outcomes: Sequence[Outcome]) -> None:
    results = Counter(
        (metrics.OUTCOME_LABELS[type(outcome)], exercise(claim.exercise))
        for (claim, _), outcome in zip(going, outcomes, strict=True)
    )
    for labels, number in results.items():
        metrics.OUTCOMES.labels(gateway.channel, gateway.provider, *labels).inc(number)


def _transition(gateway: Gateway, claim: MessageRow, outcome: Outcome) -> Transition:
    return after_outcome(
        outcome,
        channel=gateway.channel,
        left=record_transition.channels_left(claim),
        pause=record_transition.pause_of(claim),
        repeatable=gateway.promises_idempotency,
    )
