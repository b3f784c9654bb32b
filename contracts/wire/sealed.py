"""How personal data travels: sealed, and bound to a field set."""

from typing import NewType

import msgspec

Sealed = NewType("Sealed", bytes)
"""AES-256-GCM under the key of one registration (kit/privacy/sealing.py). Base64 in JSON."""

FieldSet = NewType("FieldSet", str)
"""The name of what is sealed together (identity, contact, ...). The seal binds it as additional data."""


class Personal(msgspec.Struct, frozen=True, omit_defaults=True):
    """The content of a sealed value. Its text form shows no content: no log line or traceback can."""

    def __repr__(self) -> str:
        return f"<{type(self).__name__}>"

    __str__ = __repr__
