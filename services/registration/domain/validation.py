"""Validate texts."""

import re
from typing import Final

from contracts.wire.error_codes import ErrorCode
from contracts.wire.errors import FieldError

NAME_LIMIT: Final = 500  # characters
NOTE_LIMIT: Final = 10_000
LINE_LIMIT: Final = 500
_HALF_CHARACTER = re.compile("[\ud800-\udfff]")


def text_error(field: str, text: str, limit: int = LINE_LIMIT) -> FieldError | None:
    """Return why a text cannot be stored, or None. Only U+0000 and lone surrogates are invalid."""
    if len(text) > limit:
        return FieldError(field, ErrorCode.TOO_LONG, limit=limit)
    if "\0" in text:
        return FieldError(field, ErrorCode.HOLDS_NUL)
    if not text.isascii() and _HALF_CHARACTER.search(text):
        return FieldError(field, ErrorCode.HOLDS_HALF_CHARACTER)
    return None
