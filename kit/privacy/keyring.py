"""The keyring: one random key per registration, wrapped by the master key, in a small database of its own.

The service registration issues and deletes keys; the others read them in bulk, once per batch. Deleting one
row erases a person in every database, in Kafka and in all their backups at once.
"""

import base64
import secrets
import stat
from collections.abc import Iterable
from pathlib import Path
from uuid import UUID

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from kit.database.database import Database
from kit.privacy.sealing import KEY_BYTES, DataKey, open_bytes, seal_bytes

CREATE = """
create table if not exists data_key (
    registration_id uuid primary key,
    wrapped bytea not null,
    issued_at timestamptz not null default now()
)
"""

_OTHERS = stat.S_IRWXO | stat.S_IWGRP  # the group may read it: Kubernetes mounts secrets so


class MasterKeyFileError(SystemExit):
    """The file of the master key is missing or unsafe. Ends the process; the text says what to do."""


class MasterKey:
    """Wraps the data keys and derives keys for other purposes. Stored in a file: 32 bytes in base64."""

    def __init__(self, key: bytes) -> None:
        if len(key) != KEY_BYTES:
            raise ValueError(
                f"the master key must be {KEY_BYTES} bytes in base64, as `folgeskab keys new` writes it"
            )
        self._key = key
        self._cipher = AESGCM(key)

    @classmethod
    def from_file(cls, path: Path) -> "MasterKey":
        """Read the key. Raise MasterKeyFileError if it is missing, or readable by other users."""
        if not path.is_file():
            raise MasterKeyFileError(
                f"There is no master key at {path}: write one with `folgeskab keys new`, or set"
                " FOLGESKAB_MASTER_KEY_FILE."
            )
        if path.stat().st_mode & _OTHERS:
            raise MasterKeyFileError(
                f"Others can read the master key at {path}: let only the service's user read it (chmod 400)."
            )
        return cls(base64.b64decode(path.read_text().strip(), validate=True))

    @staticmethod
    def new_text() -> str:
        return base64.b64encode(secrets.token_bytes(KEY_BYTES)).decode() + "\n"

    def wrap(self, owner: UUID, key: bytes) -> bytes:
        return seal_bytes(self._cipher, key, b"data-key" + owner.bytes)

    def unwrap(self, owner: UUID, wrapped: bytes) -> DataKey:
        return DataKey(owner, open_bytes(self._cipher, wrapped, b"data-key" + owner.bytes))

    def derive(self, purpose: str) -> bytes:
        """Return 32 bytes for one purpose (blind index, parking). They do not reveal the master key."""
        return HKDF(hashes.SHA256(), KEY_BYTES, salt=None, info=b"folgeskab/" + purpose.encode()).derive(
            self._key
        )


class Keyring:
    def __init__(self, database: Database, master: MasterKey) -> None:
        self._database = database
        self._master = master

    async def issue(self, owners: Iterable[UUID]) -> dict[UUID, DataKey]:
        """Issue keys for new registrations. An owner with a key keeps it, so a repeated call is harmless."""
        fresh = {owner: secrets.token_bytes(KEY_BYTES) for owner in owners}
        async with self._database.transaction() as session:
            made = await session.fetchcolumn(
                "insert into data_key (registration_id, wrapped) "
                "select * from unnest($1::uuid[], $2::bytea[]) "
                "on conflict do nothing returning registration_id",
                list(fresh),
                [self._master.wrap(owner, key) for owner, key in fresh.items()],
            )
        keys = {owner: DataKey(owner, fresh[owner]) for owner in made}
        return keys if len(keys) == len(fresh) else keys | await self.read(fresh.keys() - set(made))

    async def read(self, owners: Iterable[UUID]) -> dict[UUID, DataKey]:
        """Return the keys found. An owner without a key was erased."""
        async with self._database.transaction() as session:
            rows = await session.fetch(
                "select registration_id, wrapped from data_key where registration_id = any($1::uuid[])",
                list(owners),
            )
        return {row[0]: self._master.unwrap(row[0], row[1]) for row in rows}

    async def forget(self, owners: Iterable[UUID]) -> int:
        """Delete keys irrevocably. Return the number of deleted keys."""
        async with self._database.transaction() as session:
            return await session.execute(
                "delete from data_key where registration_id = any($1::uuid[])", list(owners)
            )

    async def close(self) -> None:
        await self._database.close()
