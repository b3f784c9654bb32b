"""A CSV file as records: UTF-8, or Windows-1252 as Danish spreadsheets write it; by `;`, `,` or tabulator."""

import csv
import re
from collections.abc import AsyncIterable, AsyncIterator, Iterable, Iterator
from dataclasses import replace
from typing import Final

from services.registration.domain.text import Flaw
from services.registration.importing.record import Record
from services.registration.importing.records import BOM, LONGEST_BYTES, RawRecord, Splitter

_WINDOWS: Final = "cp1252"
_SEPARATOR: Final = re.compile(r"sep=([;,\t])\s*", re.IGNORECASE)  # a first line for Excel, and no row
_READ_AS_WINDOWS: Final = Flaw("", "is not UTF-8: the file was read as Windows-1252; look at æ, ø and å")
_NEITHER: Final = Flaw("", "is not UTF-8: save the file as CSV UTF-8 and import it again")
_MIXED: Final = Flaw("", "is UTF-8 in a file that began as Windows-1252: save all of it as CSV UTF-8")
_UTF_16: Final = Flaw("", "is UTF-16: save the file as CSV UTF-8 and import it again")
_UTF_16_MARKS: Final = (b"\xff\xfe", b"\xfe\xff")


class CsvFile:
    """Feed it pieces of the file as they come; `end` gives what is left."""

    def __init__(self) -> None:
        self._splitter = Splitter()
        self._delimiter: str | None = None
        self._encoding: str | None = None  # known from the first byte that is not ASCII
        self._begun = b""

    def feed(self, piece: bytes) -> Iterator[Record]:
        if len(self._begun) < len(BOM):
            self._begun += piece[: len(BOM)]
            if self._begun.startswith(BOM):
                self._encoding = "utf-8"
        return self._records(self._splitter.feed(piece))

    def end(self) -> Iterator[Record]:
        return self._records(self._splitter.end())

    def _records(self, raws: Iterable[RawRecord]) -> Iterator[Record]:
        for raw in raws:
            record = self._record(raw)
            if not record.empty:
                yield record

    def _record(self, raw: RawRecord) -> Record:
        if not raw.whole:
            return Record(raw.line, (_try(raw.text, "utf-8") or _rescued(raw.text),), _not_whole(raw))
        text, told = self._decoded(raw.text)
        if told is not None and told is not _READ_AS_WINDOWS:
            return Record(raw.line, (text,), told)
        record = self._cut(raw.line, text)
        return replace(record, hints=(told,)) if told else record

    def _cut(self, line: int, text: str) -> Record:
        if self._delimiter is None and text.strip():
            named = _SEPARATOR.fullmatch(text)
            self._delimiter = named[1] if named else max(";,\t", key=text.count)
            self._splitter.delimiter = ord(self._delimiter)
            if named:
                return Record(line, ())
        try:
            cells = next(csv.reader([text], delimiter=self._delimiter or ",", strict=True), [])
        except csv.Error:
            return Record(line, (text,), Flaw("", _unreadable(text)))
        return Record(line, tuple(cells))

    def _decoded(self, raw: bytes) -> tuple[str, Flaw | None]:
        """Give the text, and what is to be said of its encoding."""
        if raw.isascii():
            return raw.decode(), None
        as_utf_8 = _try(raw, "utf-8")
        if self._encoding == _WINDOWS:
            return (as_utf_8, _MIXED) if as_utf_8 is not None else _windows(raw, None)
        if as_utf_8 is not None:
            self._encoding = "utf-8"
            return as_utf_8, None
        return self._not_utf_8(raw)

    def _not_utf_8(self, raw: bytes) -> tuple[str, Flaw | None]:
        if self._encoding is not None:
            return _rescued(raw), _NEITHER
        if self._begun.startswith(_UTF_16_MARKS):
            return _rescued(raw), _UTF_16
        text, told = _windows(raw, _READ_AS_WINDOWS)
        if told is _READ_AS_WINDOWS:
            self._encoding = _WINDOWS
        return text, told


async def csv_records(pieces: AsyncIterable[bytes]) -> AsyncIterator[list[Record]]:
    file = CsvFile()
    async for piece in pieces:
        yield list(file.feed(piece))
    yield list(file.end())


def _windows(raw: bytes, told: Flaw | None) -> tuple[str, Flaw | None]:
    text = _try(raw, _WINDOWS)
    return (_rescued(raw), _NEITHER) if text is None else (text, told)


def _try(raw: bytes, encoding: str) -> str | None:
    try:
        return raw.decode(encoding)
    except UnicodeDecodeError:
        return None


def _rescued(raw: bytes) -> str:
    """Give text of any bytes: what is not UTF-8 is read as Latin-1, which has a character for each."""
    return raw.decode("latin-1")


def _not_whole(raw: RawRecord) -> Flaw:
    if len(raw.text) > LONGEST_BYTES:
        return Flaw("", f"is longer than {LONGEST_BYTES} bytes")
    return Flaw("", "a quotation mark is opened and never closed")


def _unreadable(text: str) -> str:
    if '"' in text:
        return "a quotation mark does not stand at the beginning or the end of its cell"
    return "a line ends by CR alone: save the file as CSV UTF-8 and import it again"
