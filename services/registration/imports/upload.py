"""An uploaded file as a stream: detect the format by its first bytes, and count the bytes read."""

from collections.abc import AsyncIterator, Awaitable, Callable
from enum import StrEnum
from typing import Final

from contracts.wire.error_codes import ErrorCode
from contracts.wire.errors import FieldError
from services.registration.imports.header import HeaderError

_ZIP: Final = b"PK\x03\x04"
_OTHER_FORMATS: Final = (
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

ProgressCallback = Callable[[int], Awaitable[None]]


class FileFormat(StrEnum):
    CSV = "csv"
    XLSX = "xlsx"


class UploadedFile:
    def __init__(self, pieces: AsyncIterator[bytes]) -> None:
        self._pieces = pieces
        self._first = b""
        self._read = 0

    def bytes_read(self) -> int:
        return self._read

    async def detect_format(self) -> FileFormat:
        """Return the format by the first bytes. `pieces` yields these bytes again."""
        while len(self._first) < len(_ZIP) and (piece := await anext(self._pieces, None)) is not None:
            self._first += piece
        self._read = len(self._first)
        return FileFormat.XLSX if self._first.startswith(_ZIP) else FileFormat.CSV

    async def pieces(self, on_progress: ProgressCallback) -> AsyncIterator[bytes]:
        """Yield the file. Raise HeaderError for an unknown format. Call `on_progress` with the bytes read."""
        if self._first.startswith(_OLE):
            raise HeaderError(FieldError("", ErrorCode.FILE_OLD_WORKBOOK))
        if self._first.startswith(_OTHER_FORMATS):
            raise HeaderError(FieldError("", ErrorCode.FILE_FORMAT))
        yield self._first
        async for piece in self._pieces:
            self._read += len(piece)
            await on_progress(self._read)
            yield piece
