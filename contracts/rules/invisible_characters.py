"""Remove invisible characters. Copied text contains them, and equal values would then differ.

Unicode categories: Cc are control characters; Cf are format characters such as direction marks, joiners, the
soft hyphen and the byte order mark.
"""

import re
import unicodedata
from typing import Final

JOINERS: Final = "\u200c\u200d"  # ZWNJ and ZWJ: part of the spelling of Persian, Hindi and other names
_INVISIBLE: Final = frozenset({"Cc", "Cf"})
_BREAKS: Final = frozenset("\t\n\v\f\r\x1c\x1d\x1e\x1f\x85\u2028\u2029")
_SPACES = re.compile(r"  +")


def visible(text: str) -> str:
    """Return a value of one line without invisible characters; tabs and line ends become spaces."""
    return _cleaned(text, kept="")


def visible_name(text: str) -> str:
    """Return a name without control characters and direction marks. Joiners are kept."""
    return _cleaned(text, kept=JOINERS)


def without_joiners(name: str) -> str:
    """Return a name without joiners, for comparison: they only affect how it is drawn."""
    return name if name.isascii() else re.sub(f"[{JOINERS}]", "", name)


def _cleaned(text: str, *, kept: str) -> str:
    if text.isprintable():  # nearly every value: it holds neither Cc nor Cf
        return text.strip()
    spaced = "".join(_seen(char, kept) for char in text)
    return _SPACES.sub(" ", spaced).strip()


def _seen(char: str, kept: str) -> str:
    if char in _BREAKS or unicodedata.category(char) == "Zs":
        return " "
    return "" if char not in kept and unicodedata.category(char) in _INVISIBLE else char
