"""Normalise names for comparison and search: all alphabets folded, spelling variants removed."""

import re
import unicodedata
from collections.abc import Iterator
from typing import Final

from anyascii import anyascii

from contracts.rules.invisible_characters import visible

# Characters that keyboards and transliterations use as an apostrophe. None is a letter.
_APOSTROPHES: Final = (
    "'`\u00b4\u2018\u2019\u201b\u2032\u2035\u02b9"
    "\u02bb\u02bc\u02bd\u02be\u02bf\u02c8\u02ca\u02cb\u055a\uff07\ua78c"
)
_DANISH: Final = str.maketrans(
    {"æ": "ae", "ø": "oe", "å": "aa", "ä": "ae", "ö": "oe"} | dict.fromkeys(_APOSTROPHES)
)
_ASCII_WORD: Final = re.compile("[a-z0-9]+")
_TWO_LETTERS: Final = re.compile(
    "([ao])[ae]|(u)e"
)  # å, æ, ø and ü written with two letters; the first is kept
_IN_WORDS: Final = frozenset("LNM")  # letters, digits, and the marks of scripts that write vowels as marks
_SHORTEST, _LONGEST = 3, 24  # letters of a word that a search finds despite a typo


def normalised_name(name: str) -> str:
    """Normalise case, accents, æ/ae, word order and punctuation of a name."""
    return " ".join(sorted(_words(name))) or unicodedata.normalize("NFC", name).casefold()


def words_of(name: str) -> tuple[str, ...]:
    return tuple(normalised_name(name).split(" "))


def _words(name: str) -> Iterator[str]:
    plain = visible(name).casefold().translate(_DANISH)
    for word in _ASCII_WORD.findall(plain) if plain.isascii() else "".join(_in_words(plain)).split():
        folded = word if word.isascii() else "".join(filter(str.isalnum, anyascii(word).lower()))
        yield _TWO_LETTERS.sub(r"\1\2", folded) or word


def _in_words(name: str) -> Iterator[str]:
    """Replace every character that is not part of a word by a space."""
    for c in unicodedata.normalize("NFKC", name).casefold().translate(_DANISH):
        yield c if unicodedata.category(c)[0] in _IN_WORDS else " "


def masks(word: str) -> list[str]:
    """Return the word with each letter masked in turn. A search finds it by these despite a typo."""
    if not _SHORTEST <= len(word) <= _LONGEST:
        return []
    return [f"{word[:place]}?{word[place + 1 :]}" for place in range(len(word))]


def near_words(word: str) -> set[str]:
    """Return the word, the words one letter shorter, and those with two neighbouring letters swapped."""
    if len(word) < _SHORTEST:
        return {word}
    swapped = {
        f"{word[:place]}{word[place + 1]}{word[place]}{word[place + 2 :]}" for place in range(len(word) - 1)
    }
    shorter = {f"{word[:place]}{word[place + 1 :]}" for place in range(len(word))}
    return {word} | swapped | {one for one in shorter if len(one) >= _SHORTEST}


def near_masks(word: str) -> set[str]:
    """Return the masks of words that differ by one letter or have one letter more."""
    if not _SHORTEST <= len(word) <= _LONGEST:
        return set()
    longer = (f"{word[:place]}?{word[place:]}" for place in range(len(word) + 1))
    return {*masks(word), *longer}
