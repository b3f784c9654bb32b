"""Consume receipts by AMQP 0.9.1. Acknowledge when stored, requeue on our own failure."""

import asyncio
import logging
from typing import Final

import aio_pika
from aio_pika.abc import AbstractIncomingMessage, AbstractRobustConnection

from kit.runtime.logs import log_problem
from kit.runtime.retries import pause_after
from services.notify import metrics
from services.notify.channels.digital_post import post_status
from services.notify.domain.receipt import Receipt
from services.notify.use_cases.accept_receipts import BadReceiptError, ReceiptIntake

log = logging.getLogger(__name__)

QUEUE: Final = "poststatus"
_IN_FLIGHT: Final = 200


class ReceiptQueue:
    """Consume for the life of the process. A lost connection is restored."""

    def __init__(self, url: str, intake: ReceiptIntake, *, pause: float = 1.0) -> None:
        """`pause`: seconds before a receipt is requeued. A requeued receipt arrives again at once."""
        self._url = url
        self._intake = intake
        self._pause = pause
        self._connection: AbstractRobustConnection | None = None

    async def round(self) -> bool:
        """Start to consume. Raise if the broker does not answer; the loop tries again."""
        if self._connection is None:
            connection = await aio_pika.connect_robust(self._url, timeout=10)
            channel = await connection.channel()
            await channel.set_qos(prefetch_count=_IN_FLIGHT)
            queue = await channel.declare_queue(QUEUE, durable=True)
            await queue.consume(self.take)
            self._connection = connection
        return False

    async def take(self, message: AbstractIncomingMessage) -> None:
        """Accept one message. The queue is shared: receipts of other systems are acknowledged and dropped."""
        async with message.process(requeue=True, ignore_processed=True):
            found = post_status.read(message.body)
            match found:
                case post_status.UnreadableReceipt(reason):
                    log_problem(log, "a receipt cannot be read", reason=reason)
                    await message.reject(requeue=False)
                case post_status.ForeignReceipt():
                    metrics.RECEIPTS.labels("foreign").inc()
                case _:
                    await self._keep(message, found)

    async def _keep(self, message: AbstractIncomingMessage, found: Receipt) -> None:
        try:
            await self._intake.take([found])
        except BadReceiptError:
            await message.reject(requeue=False)
        except Exception:
            await asyncio.sleep(pause_after(1, first=self._pause, longest=self._pause))
            raise
