"""Send receipts to the sender of a message: in order or not, late, twice or never; retried until accepted."""

import asyncio
import random
import ssl
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import httpx

from simulators.faults import Do, Plan
from simulators.journal import Journal

_AT_ONCE: Final = 32
_PAUSE: Final = 0.25  # seconds until a receipt that was not accepted is sent again


@dataclass(frozen=True, slots=True)
class Receipt:
    """One report about the message `key`. `status` is the protocol's own value."""

    key: str
    status: str
    body: bytes


class Receipts:
    """`url` None: no receipts. Receipts of one message are sent one after the other."""

    def __init__(self, url: str | None, content_type: str, journal: Journal) -> None:
        self._url = url
        self._content_type = content_type
        self._journal = journal
        self._random = random.Random(0)  # noqa: S311 - jitter
        self._queue: asyncio.Queue[list[Receipt]] = asyncio.Queue()
        self._tls = ssl.create_default_context()
        self._workers: list[asyncio.Task[None]] = []
        self._later: set[asyncio.TimerHandle] = set()

    def start(self) -> None:
        self._workers = [asyncio.create_task(self._work()) for _ in range(_AT_ONCE)]

    async def stop(self) -> None:
        for handle in self._later:
            handle.cancel()
        for worker in self._workers:
            worker.cancel()
        await asyncio.gather(*self._workers, return_exceptions=True)

    def plan(self, plan: Plan, receipts: Sequence[Receipt]) -> None:
        """Queue the receipts as the plan demands."""
        if Do.NEVER in plan or self._url is None:
            return
        copies = [receipt for receipt in receipts for _ in range(2 if Do.TWICE in plan else 1)]
        delay = plan[Do.LATE].seconds if Do.LATE in plan else 0.0
        if jitter := plan.get(Do.OUT_OF_ORDER):
            copies.reverse()
            delay += self._random.uniform(0, jitter.seconds)
        if delay:
            self._in(delay, copies)
        else:
            self._queue.put_nowait(copies)

    def _in(self, delay: float, copies: list[Receipt]) -> None:
        def put() -> None:
            self._later.discard(handle)
            self._queue.put_nowait(copies)

        handle = asyncio.get_running_loop().call_later(delay, put)
        self._later.add(handle)

    async def _work(self) -> None:
        # One client per worker: a shared pool doubles the time of a receipt.
        async with httpx.AsyncClient(timeout=10, trust_env=False, verify=self._tls) as client:
            while True:
                for receipt in await self._queue.get():
                    taken = await self._until_answered(client, receipt)
                    await self._journal.append("receipt", key=receipt.key, status=receipt.status, taken=taken)

    async def _until_answered(self, client: httpx.AsyncClient, receipt: Receipt) -> bool:
        """Send until answered. Return False if the sender rejected the receipt as unreadable."""
        while (taken := await self._send(client, receipt)) is None:  # noqa: ASYNC110 - nothing signals that it is back
            await asyncio.sleep(_PAUSE)
        return taken

    async def _send(self, client: httpx.AsyncClient, receipt: Receipt) -> bool | None:
        """Return None if there was no final answer."""
        try:
            answer = await client.post(
                self._url or "", content=receipt.body, headers={"Content-Type": self._content_type}
            )
        except (httpx.TransportError, httpx.DecodingError):
            return None
        return None if answer.is_server_error else answer.is_success
