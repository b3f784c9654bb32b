"""The encrypted file of a dry run, kept so that its valid rows can be imported without a new upload.

Piece 0 holds the read options and the number of pieces. The file is deleted with the key of the import,
after the valid rows were imported, and when a person of the incident is forgotten.
"""

from collections.abc import AsyncIterator
from typing import Final

import msgspec

from contracts.events.ids import ImportId
from contracts.wire.sealed import FieldSet, Personal
from kit.database.database import Database
from kit.privacy.sealing import DataKey
from services.registration.imports.list_consent import ListConsent
from services.registration.store import imports

MAX_KEPT_BYTES: Final = 50_000_000  # a larger file must be uploaded again
_FILE: Final = FieldSet("import_file")


class _FilePiece(Personal, frozen=True):
    content: bytes


class FileDeletedError(LookupError):
    """The file was deleted during reading."""


class ReadOptions(Personal, frozen=True):
    """Options for reading a file: the sheet, and the properties of all consents.

    `pieces` is the number of pieces, None while the upload runs.
    """

    sheet: str | None = None
    stated: dict[str, str] = msgspec.field(default_factory=dict)
    pieces: int | None = None

    @property
    def statement(self) -> ListConsent:
        return ListConsent(self.stated)


class KeptFile:
    def __init__(self, database: Database, import_id: ImportId, key: DataKey) -> None:
        self._database = database
        self._id = import_id
        self._key = key

    async def keep(self, options: ReadOptions, pieces: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
        """Store the pieces and yield them. A file that grows too large is deleted."""
        async with self._database.transaction() as session:
            await imports.begin_file(session, self._id, self._sealed(msgspec.json.encode(options)))
        seq = size = 0
        async for piece in pieces:
            seq, size = seq + 1, size + len(piece)
            if size <= MAX_KEPT_BYTES:
                await self._write(seq, piece)
            elif size - len(piece) <= MAX_KEPT_BYTES:
                await self.delete()
            yield piece
        whole = msgspec.structs.replace(options, pieces=seq)
        async with self._database.transaction() as session:
            await imports.end_file(session, self._id, self._sealed(msgspec.json.encode(whole)))

    async def read_options(self) -> ReadOptions | None:
        """Return the options, or None where the file is not kept or incomplete."""
        piece = await self._read(0)
        options = None if piece is None else msgspec.json.decode(piece, type=ReadOptions)
        return options if options is not None and options.pieces is not None else None

    async def pieces(self, options: ReadOptions) -> AsyncIterator[bytes]:
        """Yield the pieces. Raise FileDeletedError where one is missing."""
        for seq in range(1, (options.pieces or 0) + 1):
            piece = await self._read(seq)
            if piece is None:
                raise FileDeletedError
            yield piece

    async def delete(self) -> None:
        async with self._database.transaction() as session:
            await imports.delete_files(session, [self._id])

    async def _write(self, seq: int, content: bytes) -> None:
        async with self._database.transaction() as session:
            await imports.insert_piece(session, self._id, seq, self._sealed(content))

    def _sealed(self, content: bytes) -> bytes:
        return self._key.seal(_FILE, _FilePiece(content))

    async def _read(self, seq: int) -> bytes | None:
        async with self._database.transaction() as session:
            sealed = await imports.piece(session, self._id, seq)
        return None if sealed is None else self._key.open(_FILE, sealed, _FilePiece).content
