"""A file on its way in: what kind it is, by its first bytes, and how much of it has come."""

from collections.abc import AsyncIterator, Awaitable, Callable
from enum import StrEnum
from typing import Final

from services.registration.imports.header import NO_TABLE, HeaderError

_ZIP: Final = b"PK\x03\x04"
_OTHERS: Final = (
    b"%PDF",
    b"\x89PNG",
    b"\xff\xd8\xff",
    b"GIF8",
    b"{\\rt",
    b"\x1f\x8b",
    b"Rar!",
    b"7z\xbc\xaf",
)
_OLE: Final = b"\xd0\xcf\x11\xe0"
_OLD: Final = "is an old (.xls) or locked workbook: save it as .xlsx without a password, or as CSV UTF-8"

Beat = Callable[[int], Awaitable[None]]


class Way(StrEnum):
    CSV = "csv"
    XLSX = "xlsx"


class Upload:
    def __init__(self, pieces: AsyncIterator[bytes]) -> None:
        self._pieces = pieces
        self._first = b""
        self._read = 0

    def bytes_read(self) -> int:
        return self._read

    async def way(self) -> Way:
        """Tell what the file is. What was read for that is given again by `pieces`."""
        while len(self._first) < len(_ZIP) and (piece := await anext(self._pieces, None)) is not None:
            self._first += piece
        self._read = len(self._first)
        return Way.XLSX if self._first.startswith(_ZIP) else Way.CSV

    async def pieces(self, beat: Beat) -> AsyncIterator[bytes]:
        """Raise HeaderError for a file that no way reads. `beat` hears how much has come."""
        if self._first.startswith(_OLE):
            raise HeaderError([("", _OLD)])
        if self._first.startswith(_OTHERS):
            raise HeaderError([("", NO_TABLE)])
        yield self._first
        async for piece in self._pieces:
            self._read += len(piece)
            await beat(self._read)
            yield piece
