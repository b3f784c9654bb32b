"""Canaries: unique strings in place of personal data, one per field, so that a leak names its field."""

import random
import string
from collections.abc import Iterable, Mapping

from tests.data_at_rest import Resting, spellings

_LETTERS = 9
FIRST_CPR_DAY = "03"  # of January 1858: numbers nobody can hold (docs/decisions/0005)


class Canaries:
    """The canaries in use. `where` names an entry point and a field."""

    def __init__(self, seed: int) -> None:
        self._dice = random.Random(seed)
        self.placed: dict[str, str] = {}  # where, and what to look for
        self._cprs = 0

    def word(self, where: str) -> str:
        """Return a unique word."""
        word = "".join(self._dice.choices(string.ascii_lowercase, k=_LETTERS))
        return self._place(where, f"æ{word}")

    def text(self, where: str) -> str:
        return f"Kanariefuglen {self.word(where)} sagde det"

    def name(self, where: str) -> str:
        return f"Kanarie {self.word(where).title()}"

    def email(self, where: str) -> str:
        return f"{self.word(where)[1:]}@example.dk"

    def phone(self, where: str) -> str:
        return self._place(where, f"26{self._dice.randrange(10**5, 10**6)}")

    def passport(self, where: str) -> str:
        return self._place(where, "X" + "".join(self._dice.choices(string.ascii_uppercase, k=_LETTERS)))

    def cpr(self, where: str) -> str:
        self._cprs += 1
        return self._place(where, f"{FIRST_CPR_DAY}0158{5400 + self._cprs}")

    def _place(self, where: str, what: str) -> str:
        assert where not in self.placed, f"{where} has its canary"
        self.placed[where] = what
        return what

    def heard(self, resting: Iterable[Resting]) -> dict[str, set[str]]:
        """Return where which canary can be read, in any usual spelling or encoding."""
        forms = {where: set(_forms(what)) for where, what in self.placed.items()}
        found: dict[str, set[str]] = {}
        for place, content in _joined(resting).items():
            if heard := {where for where, some in forms.items() if any(form in content for form in some)}:
                found[place] = heard
        return found


def _forms(what: str) -> Iterable[bytes]:
    stem = what.removeprefix("æ")
    spelt = {what, what.title(), stem, stem.title(), stem.upper()}
    if stem.isdigit() and stem.startswith(FIRST_CPR_DAY):
        spelt |= {f"{stem[:6]}-{stem[6:]}"}
    return {form for one in spelt for form in spellings(one)}


def _joined(resting: Iterable[Resting]) -> Mapping[str, bytes]:
    places: dict[str, list[bytes]] = {}
    for one in resting:
        places.setdefault(one.where, []).append(one.content)
    return {where: b"\0".join(contents) for where, contents in places.items()}
