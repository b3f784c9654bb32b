"""Import one file as a stream. Memory holds two batches, and some hundred bytes per row (seen_values.py).

One batch is parsed while the previous one is written. Batches are written in the order of the file.
"""

import asyncio
from collections.abc import AsyncIterable
from typing import Final

from contracts.wire.error_codes import ErrorCode
from contracts.wire.errors import FieldError
from services.registration.imports.batch_writer import BatchWriter
from services.registration.imports.header import HeaderError
from services.registration.imports.job import ImportJob
from services.registration.imports.record import FileRecord
from services.registration.imports.row_parser import ParsedRow, RowParser
from services.registration.store.imports import RowProblem

_YIELD_EVERY: Final = 50  # rows parsed before yielding to the event loop: some milliseconds


class ImportPipeline:
    """Raises HeaderError and UnknownIncident. Batches already written stay; importing again adds nothing."""

    def __init__(self, job: ImportJob, parser: RowParser, writer: BatchWriter, *, batch: int) -> None:
        self._job = job
        self._parser = parser
        self._writer = writer
        self._batch = batch
        self._waiting: list[ParsedRow] = []
        self._writing: asyncio.Task[None] | None = None

    async def run(self, records: AsyncIterable[list[FileRecord]]) -> None:
        try:
            async for some in records:
                for number, record in enumerate(some, start=1):
                    await self._add_record(record)
                    if number % _YIELD_EVERY == 0:
                        await asyncio.sleep(0)
            await self._start_waiting_batch()
        finally:
            await self._await_previous_batch()
        if self._parser.header is None:
            raise HeaderError(FieldError("", ErrorCode.FILE_EMPTY))

    async def _add_record(self, record: FileRecord) -> None:
        if self._parser.header is None:
            header = self._parser.parse_header(record)
            hints = [RowProblem(record.line, hint, hint=True) for hint in record.hints]
            await self._job.record_header(header, hints)
            return
        read = self._parser.parse_row(record, self._parser.header)
        if read is not None:
            self._waiting.append(read)
        if len(self._waiting) == self._batch:
            await self._start_waiting_batch()

    async def _start_waiting_batch(self) -> None:
        waiting, self._waiting = self._waiting, []
        await self._await_previous_batch()
        if waiting:
            self._writing = asyncio.create_task(self._writer.write_batch(waiting))

    async def _await_previous_batch(self) -> None:
        before, self._writing = self._writing, None
        if before is not None:
            await before
