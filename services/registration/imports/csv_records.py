"""Split a stream of bytes into the records of a CSV file (RFC 4180), tolerating small errors.

A quoted field may contain line breaks. An unclosed quotation mark would consume the rest of the file.
Past a limit, or at the next misplaced mark, the first line is rejected and reading continues at the next.
"""

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final

LONGEST_LINES: Final = 100  # of one record
LONGEST_BYTES: Final = 100_000  # of one record
BOM: Final = b"\xef\xbb\xbf"
_QUOTE: Final = 0x22
_SPACE: Final = 0x20


@dataclass(frozen=True, slots=True)
class RawRecord:
    line: int  # first line of the record in the file, from 1
    text: bytes = field(repr=False)  # without its last line break
    whole: bool = True  # False: an open quotation mark, or too long


class CsvSplitter:
    """A streaming splitter: feed it the pieces of the file, then call `end` for the rest."""

    def __init__(self) -> None:
        self.delimiter = ord(",")  # set after the header was read
        self._rest = b""
        self._lines: deque[bytes] = deque()
        self._line = 1
        self._started = False

    def feed(self, piece: bytes) -> Iterator[RawRecord]:
        data = self._rest + piece
        if not self._started and len(data) >= len(BOM):
            data, self._started = data.removeprefix(BOM), True
        *lines, self._rest = data.split(b"\n")
        yield from self._add_lines(lines)
        if len(self._rest) > LONGEST_BYTES:  # keep only enough to report that the line is too long
            self._rest = self._rest[: LONGEST_BYTES + 1]

    def end(self) -> Iterator[RawRecord]:
        if self._rest:
            yield from self._add_lines([self._rest.removeprefix(b"" if self._started else BOM)])
            self._rest = b""
        while self._lines:
            yield self._take_broken_line()
            yield from self._complete_records()

    def _add_lines(self, lines: Iterable[bytes]) -> Iterator[RawRecord]:
        for line in lines:
            self._lines.append(line.removesuffix(b"\r"))
            yield from self._complete_records()

    def _complete_records(self) -> Iterator[RawRecord]:
        while self._lines:
            count = self._count_lines()
            if count:
                yield self._take_record(count)
            elif count == 0 or len(self._lines) > LONGEST_LINES or sum(map(len, self._lines)) > LONGEST_BYTES:
                yield self._take_broken_line()
            else:
                return

    def _count_lines(self) -> int | None:
        """Return the number of lines of the first record.

        0 means a misplaced quotation mark, None an open one.
        """
        first = self._lines[0]
        if _QUOTE not in first:
            return 1
        inside = False
        for count, line in enumerate(self._lines, start=1):
            if inside and closes_inside_cell(line, self.delimiter):
                return 0
            inside = ends_inside(line, self.delimiter, inside=inside)
            if not inside:
                return count
        return None

    def _take_record(self, count: int) -> RawRecord:
        text = b"\n".join([self._lines.popleft() for _ in range(count)])
        record = RawRecord(self._line, text, whole=len(text) <= LONGEST_BYTES)
        self._line += count
        return record

    def _take_broken_line(self) -> RawRecord:
        record = RawRecord(self._line, self._lines.popleft(), whole=False)
        self._line += 1
        return record


def closes_inside_cell(line: bytes, delimiter: int) -> bool:
    """Return whether a field open at the line's start is closed by a quotation mark inside a cell."""
    _, mark, after = line.replace(b'""', b"").partition(b'"')
    return bool(mark and after) and after[0] != delimiter


def ends_inside(line: bytes, delimiter: int, *, inside: bool) -> bool:
    """Return whether a line ends inside a quoted field.

    A quotation mark opens a field only at its beginning. Spaces before the mark are allowed.
    """
    begins = not inside
    for char in line:
        if inside:
            inside = char != _QUOTE  # a doubled mark closes and reopens the field
            begins = not inside
        elif char == _QUOTE:
            inside = begins
            begins = False
        else:
            begins = char == delimiter or (begins and char == _SPACE)
    return inside
