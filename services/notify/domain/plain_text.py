"""Clean text from outside, so that it fits into a subject, a header and an XML document."""

import unicodedata
from typing import Final

_JOINERS: Final = "\u200c\u200d"  # needed in Persian and several Indian languages
_LINE_ENDS: Final = frozenset({"Zl", "Zp"})
_NOT_PRINTED: Final = frozenset({"Cf", "Cs"})
_NO_CHARACTER: Final = frozenset({"\ufffe", "\uffff"})  # XML 1.0, 2.2


def one_line(text: str) -> str:
    """Return a text on one line, without control characters, direction marks and lone surrogates."""
    return " ".join("".join(map(_fit, text)).split())


def _fit(sign: str) -> str:
    if sign.isprintable() or sign in _JOINERS:
        return sign
    kind = unicodedata.category(sign)
    if sign.isspace() or kind in _LINE_ENDS:
        return " "
    return "" if kind == "Cc" or kind in _NOT_PRINTED or sign in _NO_CHARACTER else sign
