"""Open the sealed data at rest with every existing key, whatever it was sealed for.

AES-GCM is AES in counter mode and a tag: without the tag a key opens what is its own, and of anything else
makes noise. So nothing here need know a field set.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path

import msgspec
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from deploy.local.stack import KEYRING, Stack
from kit.privacy.keyring import MasterKey
from kit.privacy.sealing import looks_sealed, open_bytes
from tests import data_at_rest
from tests.data_at_rest import Resting
from tests.stacks import connected

_NONCE, _TAG = slice(1, 13), 16
_FIRST = (2).to_bytes(4)  # the counter of the first block that is not the tag's


async def opened(stack: Stack) -> list[Resting]:
    """Return everything in tables and topics as each key there is leaves it."""
    keys = await _keys(stack)
    in_json = data_at_rest.sealed_in([*await data_at_rest.rows(stack), *await data_at_rest.records(stack)])
    return [
        Resting(one.where, plain)
        for one in [*await data_at_rest.byte_values(stack), *in_json]
        for plain in _plain(one.content, keys)
    ]


async def _keys(stack: Stack) -> list[bytes]:
    master = MasterKey.from_file(Path(stack.env_for("registration")["FOLGESKAB_MASTER_KEY_FILE"]))
    async with connected(stack, KEYRING) as connection:
        found = await connection.fetch("select registration_id, wrapped from data_key")
    return [
        open_bytes(master._cipher, row["wrapped"], b"data-key" + row["registration_id"].bytes)
        for row in found
    ]


def _plain(sealed: bytes, keys: Iterable[bytes]) -> Iterator[bytes]:
    if not looks_sealed(sealed):
        return
    for key in keys:
        cipher = Cipher(algorithms.AES(key), modes.CTR(sealed[_NONCE] + _FIRST)).decryptor()
        content = cipher.update(sealed[_NONCE.stop : -_TAG])
        yield content
        yield from _inside(content, keys)


def _inside(content: bytes, keys: Iterable[bytes]) -> Iterator[bytes]:
    """Open what was sealed twice, under the keys of two people."""
    try:
        found = msgspec.msgpack.decode(content)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return
    for part in found.values() if isinstance(found, dict) else ():
        if isinstance(part, bytes):
            yield from _plain(part, keys)
