"""Resolve unknown outcomes: recover lost messages, and ask the providers. Nothing is sent here."""

import asyncio
import logging
from collections.abc import Mapping
from datetime import timedelta
from typing import Final, assert_never

from contracts.events.vocabulary import Channel
from kit.database.database import Database
from kit.runtime.clock import Clock
from kit.runtime.logs import log_problem
from services.notify.channels.gateway import Gateway
from services.notify.domain.outcome import Absent, Accepted, Enquiry, EnquiryFailed, Fault
from services.notify.domain.transition import Doubtful, HandedOver, Transition, TryAgain
from services.notify.store import messages
from services.notify.store.messages import LostMessage, MessageInDoubt
from services.notify.use_cases import record_transition

log = logging.getLogger(__name__)

_CHUNK: Final = 200
_LEASE: Final = timedelta(seconds=30)  # longer than an enquiry takes
_LOST: Final = Doubtful("worker-lost")


class UnknownResolver:
    def __init__(self, database: Database, clock: Clock, gateways: Mapping[Channel, Gateway]) -> None:
        self._database = database
        self._clock = clock
        self._gateways = gateways
        self._enquiry_after = {
            channel: gateway.enquiry_after
            for channel, gateway in gateways.items()
            if gateway.enquiry_after is not None
        }

    async def round(self) -> bool:
        lost = await self.recover_lost()
        asked = await self.enquire()
        return _CHUNK in {lost, asked}

    async def recover_lost(self) -> int:
        """Release the messages with an expired lease, or mark them in doubt."""
        async with self._database.transaction() as session:
            rows = await messages.lock_lost(session, _CHUNK)
            transitions = [(row, self._recover(row)) for row in rows]
            await record_transition.record(session, transitions, self._clock.now(), self._enquiry_after)
        return len(rows)

    def _recover(self, row: LostMessage) -> Transition:
        """Release a message without a call. A claim of an older version does not record it: doubt it."""
        if row.called is not False:
            gateway = self._gateways.get(record_transition.channel_of(row))
            if gateway is None or not gateway.promises_idempotency:
                return _LOST
        return TryAgain(record_transition.pause_of(row))

    async def enquire(self) -> int:
        """Ask for unknown outcomes, holding no connection. Write each answer under its epoch."""
        if not self._enquiry_after:
            return 0
        async with self._database.transaction() as session:
            rows = await messages.claim_in_doubt(session, list(self._enquiry_after), _CHUNK, _LEASE)
        if not rows:
            return 0
        answers = await asyncio.gather(*(self._ask(row) for row in rows))
        found = [
            (row, transitions)
            for row, answer in zip(rows, answers, strict=True)
            if (transitions := _transition(answer)) is not None
        ]
        async with self._database.transaction() as session:
            await record_transition.record(session, found, self._clock.now(), self._enquiry_after)
            unknown = [
                row for row, answer in zip(rows, answers, strict=True) if isinstance(answer, EnquiryFailed)
            ]
            await messages.postpone_enquiries(
                session, [(r.contact_id, r.epoch, record_transition.pause_of(r)) for r in unknown]
            )
        return len(rows)

    async def _ask(self, row: MessageInDoubt) -> Enquiry:
        """Ask for the outcome of one message. An error in our own code counts as no answer."""
        channel = Channel(row.channel)
        try:
            return await self._gateways[channel].enquire(row.idempotency_key)
        except Exception as error:  # noqa: BLE001 - the other answers must be written
            log_problem(log, "an enquiry raised", error, channel=channel)
            return EnquiryFailed(Fault.RAISED)


def _transition(answer: Enquiry) -> Transition | None:
    match answer:
        case Accepted(provider_id):
            return HandedOver(provider_id)
        case Absent():
            return TryAgain(timedelta())
        case EnquiryFailed():
            return None
        case _:
            assert_never(answer)
