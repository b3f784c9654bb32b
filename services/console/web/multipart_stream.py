"""Stream an uploaded file through the console without storing it.

The framework's form parser would write a large file to disk, unencrypted.
"""

from collections.abc import AsyncIterator, Mapping
from typing import Final

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

_LONGEST_FIELD: Final = 1000  # bytes


class InvalidUploadError(Exception):
    """The body is not a form whose last field is a file."""


class MultipartStream:
    """A form whose last field is a file. `fields` is complete when `begin` has returned."""

    def __init__(self, content_type: str, body: AsyncIterator[bytes]) -> None:
        kind, options = parse_options_header(content_type)
        if kind != b"multipart/form-data" or b"boundary" not in options:
            raise InvalidUploadError
        self.fields: dict[str, str] = {}
        self.file_name: str | None = None  # empty: no file was chosen
        self._body = body
        self._waiting: list[bytes] = []
        self._ended = False
        self._headers: dict[str, bytes] = {}
        self._header = (b"", b"")
        self._value = b""
        self._parser = MultipartParser(
            options[b"boundary"],
            {
                "on_part_begin": self._part_begins,
                "on_header_field": self._header_name,
                "on_header_value": self._header_value,
                "on_header_end": self._header_ends,
                "on_headers_finished": self._headers_end,
                "on_part_data": self._data,
                "on_part_end": self._part_ends,
            },
        )

    async def begin(self) -> Mapping[str, str]:
        """Read up to the file and return the fields before it. Raise InvalidUploadError."""
        async for piece in self._body:
            self._feed(piece)
            if self.file_name is not None:
                return self.fields
        raise InvalidUploadError

    async def pieces(self) -> AsyncIterator[bytes]:
        """Yield the file. Raise InvalidUploadError if the form ends before the file."""
        while True:
            for piece in self._waiting:
                yield piece
            self._waiting.clear()
            if self._ended:
                return
            self._feed(await anext(self._body, b""))

    def _feed(self, piece: bytes) -> None:
        if not piece and not self._ended:
            raise InvalidUploadError
        try:
            self._parser.write(piece)
        except FormParserError:
            raise InvalidUploadError from None

    def _part_begins(self) -> None:
        self._headers, self._value = {}, b""

    def _header_name(self, data: bytes, start: int, end: int) -> None:
        self._header = (self._header[0] + data[start:end], b"")

    def _header_value(self, data: bytes, start: int, end: int) -> None:
        self._header = (self._header[0], self._header[1] + data[start:end])

    def _header_ends(self) -> None:
        name, value = self._header
        self._headers[name.decode("latin-1").lower()] = value
        self._header = (b"", b"")

    def _headers_end(self) -> None:
        _, options = parse_options_header(self._headers.get("content-disposition", b""))
        self._name = options.get(b"name", b"").decode("utf-8", "replace")
        if b"filename" in options and self.file_name is None:
            self.file_name = options[b"filename"].decode("utf-8", "replace")

    def _data(self, data: bytes, start: int, end: int) -> None:
        if self._ended:
            return
        if self.file_name is not None:
            self._waiting.append(data[start:end])
            return
        self._value += data[start:end]
        if len(self._value) > _LONGEST_FIELD:
            raise InvalidUploadError

    def _part_ends(self) -> None:
        if self.file_name is None:
            self.fields[self._name] = self._value.decode("utf-8", "replace")
        else:
            self._ended = True
