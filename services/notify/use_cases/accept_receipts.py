"""Accept receipts: store them first, then match them with their attempts. All sources share one intake."""

import asyncio
import logging
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from contracts.events.vocabulary import Channel
from kit.database import outbox
from kit.database.database import Database, Session, is_transient
from kit.runtime.clock import Clock
from kit.runtime.logs import log_problem
from services.notify import metrics
from services.notify.domain.receipt import AttemptState, Receipt, ReceiptStatus
from services.notify.domain.receipt_effect import apply_receipt
from services.notify.domain.transition import MessageState, Transition
from services.notify.store import messages, receipts
from services.notify.store.messages import LockedMessage, MessageUpdate
from services.notify.store.receipts import UnmatchedReceipt
from services.notify.use_cases import record_transition

_CHUNK: Final = 1000
_KEPT: Final = timedelta(days=14)  # the retention of the topics; an older one belongs to another system
_MOST_UNMATCHED: Final = 20_000  # per sender; the newest are kept

log = logging.getLogger(__name__)


class BadReceiptError(ValueError):
    """The receipt cannot be stored. A repeat would be refused again."""


class ReceiptIntake:
    """Accept receipts in batches: those that arrive during a write share the next transaction."""

    def __init__(self, database: Database, clock: Clock, *, most_unmatched: int = _MOST_UNMATCHED) -> None:
        self._database = database
        self._clock = clock
        self._most_unmatched = most_unmatched
        self._gathered: list[Receipt] = []
        self._writing: asyncio.Task[frozenset[Receipt]] | None = None
        self._next: asyncio.Task[frozenset[Receipt]] | None = None

    async def take(self, found: Sequence[Receipt]) -> None:
        """Store receipts; return when they are committed.

        Raise BadReceiptError for a receipt that can never be stored. A database error propagates, so that the
        sender sends again.
        """
        self._gathered += found
        if self._next is None:
            self._next = asyncio.create_task(self._after(self._writing))
        bad = await asyncio.shield(self._next)
        if bad.intersection(found):
            raise BadReceiptError

    async def match_late(self) -> bool:
        """Match receipts that arrived before their attempt: after a restored backup or a replay."""
        async with self._database.transaction() as session:
            await receipts.delete_old_unmatched(session, _KEPT)
            dropped = await receipts.delete_excess(session, self._most_unmatched)
            contact_ids = await receipts.find_unmatched_messages(session, None, _CHUNK)
            failed = await _apply_each(session, contact_ids, self._clock.now())
        if dropped:
            metrics.RECEIPTS.labels("dropped").inc(dropped)
            log_problem(log, "a sender reports too many unknown messages", dropped=dropped)
        return len(contact_ids) == _CHUNK and not failed

    async def _after(self, before: asyncio.Task[frozenset[Receipt]] | None) -> frozenset[Receipt]:
        if before is not None:
            await asyncio.wait([before])
        self._writing, self._next = self._next, None
        gathered, self._gathered = self._gathered, []
        return await self._write(gathered)

    async def _write(self, found: Sequence[Receipt]) -> frozenset[Receipt]:
        """Store what can be stored, halving the batch as the consumer does; return the bad receipts."""
        try:
            await self._keep(found)
        except Exception as error:
            if is_transient(error):
                raise
            if len(found) == 1:
                metrics.RECEIPTS.labels("refused").inc()
                log_problem(log, "a receipt cannot be stored", error)
                return frozenset(found)
            middle = len(found) // 2
            return await self._write(found[:middle]) | await self._write(found[middle:])
        return frozenset()

    async def _keep(self, found: Sequence[Receipt]) -> None:
        once = sorted(set(found), key=lambda receipt: (receipt.key, receipt.handling, receipt.at))
        async with self._database.transaction() as session:
            new = await receipts.insert(session, once)
            contact_ids = await receipts.find_unmatched_messages(session, [r.key for r in once], len(once))
            await _apply_each(session, contact_ids, self._clock.now())
        metrics.RECEIPTS.labels("new").inc(new)
        metrics.RECEIPTS.labels("repeated").inc(len(found) - new)


async def _apply_each(session: Session, contact_ids: Sequence[UUID], at: datetime) -> int:
    """Apply receipts, halving the batch on errors; return how many messages keep unmatched receipts."""
    if not contact_ids:
        return 0
    try:
        async with session.savepoint():
            await _apply(session, contact_ids, at)
    except Exception as error:
        if is_transient(error):
            raise
        if len(contact_ids) == 1:
            log_problem(log, "the receipts of a message cannot be matched", error)
            return 1
        middle = len(contact_ids) // 2
        first, second = contact_ids[:middle], contact_ids[middle:]
        return await _apply_each(session, first, at) + await _apply_each(session, second, at)
    return 0


async def _apply(session: Session, contact_ids: Sequence[UUID], at: datetime) -> None:
    """Apply the receipts message by message, oldest first."""
    locked = await messages.lock(session, contact_ids)
    by_contact: dict[UUID, list[UnmatchedReceipt]] = defaultdict(list)
    for row in await receipts.load_unmatched(session, contact_ids):
        by_contact[row.contact_id].append(row)
    by_message = [_MessageReceipts(locked[contact_id], rows) for contact_id, rows in by_contact.items()]
    await receipts.mark_matched(session, [pair for each in by_message for pair in each.matched])
    await receipts.update_attempts(session, [state for each in by_message for state in each.attempt_states()])
    updates = [each.move for each in by_message if each.move is not None]
    await messages.update(session, updates)
    await outbox.emit(
        session,
        [
            event
            for each in by_message
            for row, what in each.settled
            for event in record_transition.events(row, what, at)
        ],
    )
    record_transition.count_states(
        [(row, each.move.state) for each in by_message if each.move for row, _ in each.settled[-1:]]
    )
    metrics.RECEIPTS.labels("contradicting").inc(sum(bad for each in by_message for _, bad in each.matched))


class _MessageReceipts:
    """One message with the receipts of its attempts, applied in order."""

    def __init__(self, message: LockedMessage, rows: Sequence[UnmatchedReceipt]) -> None:
        self._message = message
        self._state = MessageState(message.state)
        self._attempts: dict[UUID, AttemptState] = {}
        self._codes: dict[UUID, str | None] = {}
        self.matched: list[tuple[Receipt, bool]] = []
        self.settled: list[tuple[LockedMessage, Transition]] = []
        self.move: MessageUpdate | None = None
        for row in rows:
            self._take(row)

    def attempt_states(self) -> list[tuple[UUID, str, str | None]]:
        return [(key, state, self._codes.get(key)) for key, state in self._attempts.items()]

    def _take(self, row: UnmatchedReceipt) -> None:
        receipt = Receipt(row.idempotency_key, ReceiptStatus(row.status), row.handling, row.at, row.code)
        attempt_id, message = row.attempt_id, self._message
        before = self._attempts.get(attempt_id, AttemptState(row.state))
        effect = apply_receipt(
            self._state,
            before,
            receipt,
            current=attempt_id == message.attempt_id,
            left=record_transition.channels_left(message),
        )
        self.matched.append((receipt, effect.contradicts))
        self._attempts[attempt_id] = effect.attempt
        if effect.attempt is not before:
            self._codes[attempt_id] = receipt.code
        if effect.message is None:
            return
        position = _position(message, Channel(row.channel))
        about = replace(message, attempt_id=attempt_id, position=position)
        self.settled.append((about, effect.message))
        # attempt_states writes the attempts
        self.move = replace(record_transition.build_update(about, effect.message), attempt_state=None)
        self._state = self.move.state
        if not self.move.keep_attempt:
            self._message = replace(message, attempt_id=None, position=self.move.position)


def _position(message: LockedMessage, channel: Channel) -> int:
    """Return the position of an attempt's channel: the current one if it fits, since channels can repeat."""
    if record_transition.channel_of(message) is channel:
        return message.position
    return message.channels.index(channel) + 1
