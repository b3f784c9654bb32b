"""The fsynced journal of one simulator: append-only JSON lines, on disk before a request is answered.

Many waiting appends share one fsync. `recipient` is always a hash: no personal data rests here in clear.
"""

import asyncio
import hashlib
import json
import os
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any

Entry = dict[str, Any]


class Journal:
    """Entries have a number from 1 (`seq`) and a time (`at`, UTC). Opening a journal reads its entries."""

    def __init__(self, path: Path) -> None:
        self._path = path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
        _cut_torn_line(path)
        self.on_disk = 0
        self.counts: Counter[str] = Counter()
        with path.open("rb") as lines:
            for line in lines:
                self.on_disk += 1
                self._count(json.loads(line))
        self.last = self.on_disk
        self._file = os.open(path, os.O_WRONLY | os.O_APPEND)
        self._disk = ThreadPoolExecutor(1, thread_name_prefix=path.stem)
        self._waiting: list[bytes] = []
        self._batch = asyncio.get_running_loop().create_future()
        self._grown = asyncio.Event()
        self._flusher: asyncio.Task[None] | None = None

    async def append(self, kind: str, **fields: Any) -> None:
        """Write an entry and return when it is on disk. Entries are in the order of the calls."""
        await asyncio.shield(self.note(kind, **fields))

    def note(self, kind: str, **fields: Any) -> asyncio.Future[None]:
        """Queue an entry. The future is done when it is on disk."""
        self.last += 1
        at = datetime.now(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
        entry = {"seq": self.last, "at": at, "kind": kind} | fields
        self._count(entry)
        self._waiting.append(json.dumps(entry, ensure_ascii=False, separators=(",", ":")).encode() + b"\n")
        batch = self._batch
        if self._flusher is None or self._flusher.done():
            self._flusher = asyncio.create_task(self._flush())
        return batch

    def entries(self, since: int = 0) -> Iterator[Entry]:
        """Yield the entries on disk with a higher `seq` than `since`."""
        with self._path.open("rb") as lines:
            for line in islice(lines, since, self.on_disk):
                yield json.loads(line)

    async def newer_than(self, since: int) -> None:
        """Wait until an entry with a higher `seq` than `since` is on disk."""
        while self.on_disk <= since:
            self._grown.clear()
            await self._grown.wait()

    async def close(self) -> None:
        if self._flusher is not None:
            await self._flusher
        self._disk.shutdown()
        os.close(self._file)

    async def _flush(self) -> None:
        loop = asyncio.get_running_loop()
        while self._waiting:
            lines, batch = self._waiting, self._batch
            self._waiting, self._batch = [], loop.create_future()
            try:
                await loop.run_in_executor(self._disk, _write, self._file, b"".join(lines))
            except OSError as error:
                batch.set_exception(error)
                raise
            self.on_disk += len(lines)
            batch.set_result(None)
            self._grown.set()

    def _count(self, entry: Entry) -> None:
        self.counts[entry["kind"]] += 1
        if entry.get("effect"):
            self.counts["effects"] += 1
        if entry["kind"] == "request":
            self.counts[f"answered {entry['answer']}"] += 1


def hashed(personal: str) -> str:
    """Return the hash of a CPR number, phone number or e-mail address; journals store recipients so."""
    return hashlib.sha256(personal.encode()).hexdigest()


def _write(file: int, lines: bytes) -> None:
    while lines:
        lines = lines[os.write(file, lines) :]
    os.fsync(file)


def _cut_torn_line(path: Path) -> None:
    """Remove an incomplete last line: the process died before it answered that request."""
    with path.open("rb+") as file:
        size = file.seek(0, os.SEEK_END)
        if not size:
            return
        position = size
        while position:
            start = max(0, position - 65536)
            file.seek(start)
            newline = file.read(position - start).rfind(b"\n")
            if newline >= 0:
                position = start + newline + 1
                break
            position = start
        file.truncate(position)
