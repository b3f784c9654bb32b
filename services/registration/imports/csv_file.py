"""A CSV file as records: UTF-8, or Windows-1252 as Danish spreadsheets write it; by `;`, `,` or tabulator."""

import csv
import re
from collections.abc import AsyncIterable, AsyncIterator, Iterable, Iterator
from typing import Final

from services.registration.domain.validation import FieldError
from services.registration.imports.csv_records import BOM, LONGEST_BYTES, RawRecord, Splitter
from services.registration.imports.header import names_ours
from services.registration.imports.record import Record
from services.registration.imports.titles import TITLE_ROWS, without_title

_WINDOWS: Final = "cp1252"
_SEPARATOR: Final = re.compile(r"sep=([;,\t])\s*", re.IGNORECASE)  # a first line for Excel, and no row
_READ_AS_WINDOWS: Final = FieldError(
    "", "is not UTF-8: the file was read as Windows-1252; look at æ, ø and å"
)
_NEITHER: Final = FieldError("", "is not UTF-8: save the file as CSV UTF-8 and import it again")
_MIXED: Final = FieldError("", "is UTF-8 in a file that began as Windows-1252: save all of it as CSV UTF-8")
_UTF_16: Final = FieldError("", "is UTF-16: save the file as CSV UTF-8 and import it again")
_UTF_16_MARKS: Final = (b"\xff\xfe", b"\xfe\xff")


class CsvFile:
    """Feed it pieces of the file as they come; `end` gives what is left."""

    def __init__(self) -> None:
        self._splitter = Splitter()
        self._delimiter: str | None = None
        self._encoding: str | None = None  # known from the first byte that is not ASCII
        self._begun = b""
        self._first: list[tuple[int, str, FieldError | None]] = []  # lines before the headings are found

    def feed(self, piece: bytes) -> Iterator[Record]:
        if len(self._begun) < len(BOM):
            self._begun += piece[: len(BOM)]
            if self._begun.startswith(BOM):
                self._encoding = "utf-8"
        return self._records(self._splitter.feed(piece))

    def end(self) -> Iterator[Record]:
        yield from self._records(self._splitter.end())
        yield from self._begin(None)

    def _records(self, raws: Iterable[RawRecord]) -> Iterator[Record]:
        for raw in raws:
            for record in self._record(raw):
                if not record.empty:
                    yield record

    def _record(self, raw: RawRecord) -> Iterator[Record]:
        if not raw.whole:
            yield from self._begin(None)
            yield Record(raw.line, (_try(raw.text, "utf-8") or _rescued(raw.text),), _not_whole(raw))
            return
        text, told = self._decoded(raw.text)
        if told is not None and told is not _READ_AS_WINDOWS:
            yield from self._begin(None)
            yield Record(raw.line, (text,), told)
        elif self._delimiter is not None:
            yield self._cut(raw.line, text, told)
        elif text.strip():
            self._first.append((raw.line, text, told))
            found = _delimiter_of_headings(text)
            if found is not None or len(self._first) > TITLE_ROWS or _SEPARATOR.fullmatch(text):
                yield from self._begin(found)

    def _begin(self, delimiter: str | None) -> Iterator[Record]:
        """Give the first lines, cut as the headings are; what stands above them as a title is left out."""
        if not self._first:
            return
        first, self._first = self._first, []
        if named := _SEPARATOR.fullmatch(first[0][1]):
            self._delimiter = named[1]
            first = first[1:]
        else:
            self._delimiter = delimiter or max(";,\t", key=first[0][1].count)
        self._splitter.delimiter = ord(self._delimiter)
        yield from without_title([self._cut(*line) for line in first])

    def _cut(self, line: int, text: str, told: FieldError | None) -> Record:
        hints = (told,) if told else ()
        try:
            cells = _cells(text, self._delimiter or ",")
        except csv.Error:
            return Record(line, (text,), FieldError("", _unreadable(text)), hints)
        return Record(line, tuple(cells), hints=hints)

    def _decoded(self, raw: bytes) -> tuple[str, FieldError | None]:
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

    def _not_utf_8(self, raw: bytes) -> tuple[str, FieldError | None]:
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


def _cells(text: str, delimiter: str) -> list[str]:
    return next(csv.reader([text], delimiter=delimiter, strict=True, skipinitialspace=True), [])


def _delimiter_of_headings(text: str) -> str | None:
    """Return what divides a line of headings; None: it is none."""
    for delimiter in sorted(";,\t", key=text.count, reverse=True):
        try:
            if names_ours(_cells(text, delimiter)):
                return delimiter
        except csv.Error:
            pass
    return None


def _windows(raw: bytes, told: FieldError | None) -> tuple[str, FieldError | None]:
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


def _not_whole(raw: RawRecord) -> FieldError:
    if len(raw.text) > LONGEST_BYTES:
        return FieldError("", f"is longer than {LONGEST_BYTES} bytes")
    return FieldError("", "a quotation mark is opened and never closed")


def _unreadable(text: str) -> str:
    if '"' in text:
        return "a quotation mark does not stand at the beginning or the end of its cell"
    return "a line ends by CR alone: save the file as CSV UTF-8 and import it again"
