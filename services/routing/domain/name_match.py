"""Compare a name as it was said with one in the CPR register: to order custody holders, never to identify."""

import re
import unicodedata
from typing import Final

_DANISH: Final = str.maketrans({"æ": "ae", "ø": "oe", "å": "aa", "ä": "ae", "ö": "oe"})
_NO_LETTER: Final = re.compile(r"[\W\d_]+")
_ENOUGH: Final = 2  # words: a given name alone, or a family name, is many people's


def names_fit(said: str, registered: str) -> bool:
    """Return if one name is the other, perhaps without its middle names; an initial stands for its word."""
    fewer, more = sorted((_words(said), _words(registered)), key=len)
    whole = {word for word in fewer if len(word) > 1}
    return len(whole) >= _ENOUGH and all(any(_is_same(word, other) for other in more) for word in fewer)


def _is_same(word: str, other: str) -> bool:
    return word == other or (len(word) == 1 and other.startswith(word))


def _words(name: str) -> list[str]:
    plain = unicodedata.normalize("NFC", name).casefold().translate(_DANISH)
    letters = "".join(c for c in unicodedata.normalize("NFKD", plain) if not unicodedata.combining(c))
    return _NO_LETTER.sub(" ", letters).split()
