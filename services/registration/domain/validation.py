"""Validate texts."""

import re
from dataclasses import dataclass
from typing import Final

NAME_LIMIT: Final = 500  # characters
NOTE_LIMIT: Final = 10_000
LINE_LIMIT: Final = 500
_HALF_CHARACTER = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class FieldError:
    """What is wrong with one field of the input. Neither part quotes the value: it may be personal data."""

    field: str  # as in the API's body: `phone`, `consents.0.witness`
    reason: str


def unfit(text: str, limit: int = LINE_LIMIT) -> str | None:
    """Return why a text cannot be stored, or None. Only U+0000 and lone surrogates are invalid."""
    if len(text) > limit:
        return f"is longer than {limit} characters"
    if text.isascii():
        return "holds the character U+0000 (NUL), which no text may" if "\0" in text else None
    if "\0" in text:
        return "holds the character U+0000 (NUL), which no text may"
    if _HALF_CHARACTER.search(text):
        return "holds half a character (a lone surrogate): it was cut or damaged on its way"
    return None
