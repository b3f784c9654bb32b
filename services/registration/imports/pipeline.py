"""Imports one file as it streams in: memory is two batches, and some hundred bytes a row (met.py).

One is read and checked while the one before is registered; they are registered in the order of the file.
"""

import asyncio
from collections.abc import AsyncIterable
from typing import Final

from services.registration.imports.batch_writer import Settler
from services.registration.imports.header import HeaderError
from services.registration.imports.job import Job
from services.registration.imports.record import Record
from services.registration.imports.row_parser import Read, Reader
from services.registration.store.imports import Told

_STRETCH: Final = 50  # rows read before others have the event loop: some milliseconds


class Import:
    """Raises HeaderError and UnknownIncident; what was registered before stays, a repeat adds nothing."""

    def __init__(self, job: Job, reader: Reader, settler: Settler, *, batch: int) -> None:
        self._job = job
        self._reader = reader
        self._settler = settler
        self._batch = batch
        self._waiting: list[Read] = []
        self._settling: asyncio.Task[None] | None = None

    async def run(self, records: AsyncIterable[list[Record]]) -> None:
        try:
            async for some in records:
                for number, record in enumerate(some, start=1):
                    await self._take(record)
                    if number % _STRETCH == 0:
                        await asyncio.sleep(0)
            await self._settle_waiting()
        finally:
            await self._settled()
        if self._reader.header is None:
            raise HeaderError([("", "the file is empty: its first row must name the columns")])

    async def _take(self, record: Record) -> None:
        if self._reader.header is None:
            header = self._reader.begin(record)
            hints = [Told(record.line, hint.field, hint.reason, hint=True) for hint in record.hints]
            await self._job.begun(header, hints)
            return
        read = self._reader.read(record, self._reader.header)
        if read is not None:
            self._waiting.append(read)
        if len(self._waiting) == self._batch:
            await self._settle_waiting()

    async def _settle_waiting(self) -> None:
        waiting, self._waiting = self._waiting, []
        await self._settled()
        if waiting:
            self._settling = asyncio.create_task(self._settler.settle(waiting))

    async def _settled(self) -> None:
        before, self._settling = self._settling, None
        if before is not None:
            await before
