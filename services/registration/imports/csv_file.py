"""Read a CSV file into records: UTF-8 or Windows-1252, separated by semicolon, comma or tab."""

import csv
import re
from collections.abc import AsyncIterable, AsyncIterator, Iterable, Iterator
from typing import Final

from contracts.wire.error_codes import ErrorCode
from contracts.wire.errors import FieldError
from services.registration.imports.csv_records import BOM, LONGEST_BYTES, CsvSplitter, RawRecord
from services.registration.imports.header import names_required_column
from services.registration.imports.record import FileRecord
from services.registration.imports.titles import TITLE_ROWS, drop_title_rows

_WINDOWS: Final = "cp1252"
_SEPARATOR: Final = re.compile(r"sep=([;,\t])\s*", re.IGNORECASE)  # a first line for Excel, not a row
_READ_AS_WINDOWS: Final = FieldError("", ErrorCode.FILE_WINDOWS_1252)
_UNKNOWN_ENCODING: Final = FieldError("", ErrorCode.FILE_NOT_UTF_8)
_MIXED_ENCODING: Final = FieldError("", ErrorCode.FILE_MIXED_ENCODING)
_UTF_16: Final = FieldError("", ErrorCode.FILE_UTF_16)
_UTF_16_MARKS: Final = (b"\xff\xfe", b"\xfe\xff")


class CsvReader:
    """A streaming reader: feed it the pieces of the file, then call `end` for the rest."""

    def __init__(self) -> None:
        self._splitter = CsvSplitter()
        self._delimiter: str | None = None
        self._encoding: str | None = None  # decided by the first byte that is not ASCII
        self._first_bytes = b""
        self._first: list[tuple[int, str, FieldError | None]] = []  # lines read before the headings

    def feed(self, piece: bytes) -> Iterator[FileRecord]:
        if len(self._first_bytes) < len(BOM):
            self._first_bytes += piece[: len(BOM)]
            if self._first_bytes.startswith(BOM):
                self._encoding = "utf-8"
        return self._records(self._splitter.feed(piece))

    def end(self) -> Iterator[FileRecord]:
        yield from self._records(self._splitter.end())
        yield from self._read_first_lines(None)

    def _records(self, raws: Iterable[RawRecord]) -> Iterator[FileRecord]:
        for raw in raws:
            for record in self._record(raw):
                if not record.empty:
                    yield record

    def _record(self, raw: RawRecord) -> Iterator[FileRecord]:
        if not raw.whole:
            yield from self._read_first_lines(None)
            yield FileRecord(
                raw.line, (_try_decode(raw.text, "utf-8") or _decode_any(raw.text),), _incomplete_error(raw)
            )
            return
        text, problem = self._decode(raw.text)
        if problem is not None and problem is not _READ_AS_WINDOWS:
            yield from self._read_first_lines(None)
            yield FileRecord(raw.line, (text,), problem)
        elif self._delimiter is not None:
            yield self._split_cells(raw.line, text, problem)
        elif text.strip():
            self._first.append((raw.line, text, problem))
            found = _find_delimiter(text)
            if found is not None or len(self._first) > TITLE_ROWS or _SEPARATOR.fullmatch(text):
                yield from self._read_first_lines(found)

    def _read_first_lines(self, delimiter: str | None) -> Iterator[FileRecord]:
        """Yield the first lines, split by the delimiter of the headings, without title rows."""
        if not self._first:
            return
        first, self._first = self._first, []
        if named := _SEPARATOR.fullmatch(first[0][1]):
            self._delimiter = named[1]
            first = first[1:]
        else:
            self._delimiter = delimiter or max(";,\t", key=first[0][1].count)
        self._splitter.delimiter = ord(self._delimiter)
        yield from drop_title_rows([self._split_cells(*line) for line in first])

    def _split_cells(self, line: int, text: str, problem: FieldError | None) -> FileRecord:
        hints = (problem,) if problem else ()
        try:
            cells = _cells(text, self._delimiter or ",")
        except csv.Error:
            return FileRecord(line, (text,), FieldError("", _syntax_code(text)), hints)
        return FileRecord(line, tuple(cells), hints=hints)

    def _decode(self, raw: bytes) -> tuple[str, FieldError | None]:
        """Return the text, and an error or hint about its encoding."""
        if raw.isascii():
            return raw.decode(), None
        as_utf_8 = _try_decode(raw, "utf-8")
        if self._encoding == _WINDOWS:
            return (as_utf_8, _MIXED_ENCODING) if as_utf_8 is not None else _decode_windows(raw, None)
        if as_utf_8 is not None:
            self._encoding = "utf-8"
            return as_utf_8, None
        return self._decode_other(raw)

    def _decode_other(self, raw: bytes) -> tuple[str, FieldError | None]:
        if self._encoding is not None:
            return _decode_any(raw), _UNKNOWN_ENCODING
        if self._first_bytes.startswith(_UTF_16_MARKS):
            return _decode_any(raw), _UTF_16
        text, problem = _decode_windows(raw, _READ_AS_WINDOWS)
        if problem is _READ_AS_WINDOWS:
            self._encoding = _WINDOWS
        return text, problem


async def read_csv(pieces: AsyncIterable[bytes]) -> AsyncIterator[list[FileRecord]]:
    file = CsvReader()
    async for piece in pieces:
        yield list(file.feed(piece))
    yield list(file.end())


def _cells(text: str, delimiter: str) -> list[str]:
    return next(csv.reader([text], delimiter=delimiter, strict=True, skipinitialspace=True), [])


def _find_delimiter(text: str) -> str | None:
    """Return the delimiter of a line of headings, or None for any other line."""
    for delimiter in sorted(";,\t", key=text.count, reverse=True):
        try:
            if names_required_column(_cells(text, delimiter)):
                return delimiter
        except csv.Error:
            pass
    return None


def _decode_windows(raw: bytes, problem: FieldError | None) -> tuple[str, FieldError | None]:
    text = _try_decode(raw, _WINDOWS)
    return (_decode_any(raw), _UNKNOWN_ENCODING) if text is None else (text, problem)


def _try_decode(raw: bytes, encoding: str) -> str | None:
    try:
        return raw.decode(encoding)
    except UnicodeDecodeError:
        return None


def _decode_any(raw: bytes) -> str:
    """Decode any bytes, as Latin-1, which has a character for each byte."""
    return raw.decode("latin-1")


def _incomplete_error(raw: RawRecord) -> FieldError:
    if len(raw.text) > LONGEST_BYTES:
        return FieldError("", ErrorCode.ROW_BYTES, limit=LONGEST_BYTES)
    return FieldError("", ErrorCode.ROW_QUOTE_OPEN)


def _syntax_code(text: str) -> ErrorCode:
    return ErrorCode.ROW_QUOTE_MISPLACED if '"' in text else ErrorCode.ROW_CR_ALONE
