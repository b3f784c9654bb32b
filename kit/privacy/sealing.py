"""Personal data at rest: AES-256-GCM with a separate key per owner.

The additional data binds a ciphertext to its owner and field set: it cannot be moved to another row.
Layout of a sealed value: version (1 byte) · nonce (12) · ciphertext and tag.
"""

import secrets
from typing import Any, TypeVar
from uuid import UUID

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from contracts.wire.sealed import FieldSet, Personal, Sealed

KEY_BYTES = 32
_VERSION = b"\x01"
_NONCE_BYTES, _TAG_BYTES = 12, 16
_encoder = msgspec.msgpack.Encoder()

P = TypeVar("P", bound=Personal)


class Unopenable(ValueError):  # noqa: N818 - a state, not a fault of the program
    """The value was sealed with another key, or for another owner or field set, or was changed since."""


class DataKey:
    """The unwrapped key of one owner. Lives for one batch; never stored, never cached."""

    __slots__ = ("_cipher", "_owner")

    def __init__(self, owner: UUID, key: bytes) -> None:
        self._owner = owner.bytes
        self._cipher = AESGCM(key)

    def seal(self, field_set: FieldSet, content: Personal) -> Sealed:
        return Sealed(seal_bytes(self._cipher, _encoder.encode(content), self._owner + field_set.encode()))

    def open(self, field_set: FieldSet, sealed: bytes, as_type: type[P]) -> P:
        plain = open_bytes(self._cipher, sealed, self._owner + field_set.encode())
        return msgspec.msgpack.decode(plain, type=as_type)

    def open_plain(self, field_set: FieldSet, sealed: bytes) -> Any:
        """Open without a type, as values by field name. For subject access, which knows no types."""
        return msgspec.msgpack.decode(open_bytes(self._cipher, sealed, self._owner + field_set.encode()))


def looks_sealed(value: bytes) -> bool:
    """Return whether the value has the layout of a sealed value. Our digests are shorter."""
    return value[:1] == _VERSION and len(value) >= 1 + _NONCE_BYTES + _TAG_BYTES


def seal_bytes(cipher: AESGCM, plain: bytes, bound_to: bytes) -> bytes:
    nonce = secrets.token_bytes(_NONCE_BYTES)
    return _VERSION + nonce + cipher.encrypt(nonce, plain, bound_to)


def open_bytes(cipher: AESGCM, sealed: bytes, bound_to: bytes) -> bytes:
    if not looks_sealed(sealed):
        raise Unopenable("not a sealed value of a version this program knows")
    try:
        return cipher.decrypt(sealed[1 : 1 + _NONCE_BYTES], sealed[1 + _NONCE_BYTES :], bound_to)
    except InvalidTag:
        raise Unopenable("the seal does not fit its key, its owner or its field set") from None
