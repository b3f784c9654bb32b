"""Danish and English: texts, labels of vocabulary codes, numbers and times. Danish comes first."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from pathlib import Path
from zoneinfo import ZoneInfo

from babel.support import NullTranslations

from contracts.rules.reasons_in_danish import in_danish
from kit.i18n.catalogues import load_translations
from services.console.i18n.labels import WORDS

COPENHAGEN = ZoneInfo("Europe/Copenhagen")
_TRANSLATIONS = load_translations(Path(__file__).parent)
_MONTHS = (
    "januar", "februar", "marts", "april", "maj", "juni",
    "juli", "august", "september", "oktober", "november", "december",
)  # fmt: skip
_DIGITS = 8  # of a Danish telephone number
_WEEKDAYS = ("mandag", "tirsdag", "onsdag", "torsdag", "fredag", "lørdag", "søndag")


class Lang(StrEnum):
    DA = "da"
    EN = "en"


@dataclass(frozen=True, slots=True)
class Translator:
    lang: Lang

    @property
    def translations(self) -> NullTranslations:
        return _TRANSLATIONS[self.lang]

    def t(self, danish: str, english: str) -> str:
        return danish if self.lang is Lang.DA else english

    def word(self, group: str, code: str) -> str:
        """Return the label of a vocabulary code. An unknown code is returned as text."""
        known = WORDS[group].get(code)
        return self.t(*known) if known else code.replace("_", " ")

    def reason_text(self, reason: str) -> tuple[str, Lang]:
        """Return the reason of an error, and the language of that text."""
        danish = in_danish(reason) if self.lang is Lang.DA else None
        return (danish, Lang.DA) if danish else (reason, Lang.EN)

    def n(self, number: int) -> str:
        grouped = f"{number:,}"
        return grouped.replace(",", ".") if self.lang is Lang.DA else grouped

    @staticmethod
    def phone(number: str) -> str:
        """Format a Danish number in pairs of digits. Other numbers are returned unchanged."""
        own = number.removeprefix("+45")
        if own == number or len(own) != _DIGITS or not own.isdigit():
            return number
        return "+45 " + " ".join(own[at : at + 2] for at in range(0, _DIGITS, 2))

    def share(self, part: int, whole: int) -> str:
        """Return a percentage. It is 0 or 100 only if that is exact."""
        if not whole or part in {0, whole}:
            return f"{100 if whole and part == whole else 0} %"
        return f"{min(99, max(1, round(100 * part / whole)))} %"

    def when(self, moment: datetime | str | None) -> str:
        if not moment:
            return "-"
        at = datetime.fromisoformat(moment) if isinstance(moment, str) else moment
        local = at.astimezone(COPENHAGEN)
        return f"{self.day(local.date())} {self.t(f'kl. {local:%H.%M}', f'at {local:%H:%M}')}"

    def due(self, moment: datetime | str) -> str:
        """Return a deadline with its weekday."""
        at = datetime.fromisoformat(moment) if isinstance(moment, str) else moment
        local = at.astimezone(COPENHAGEN)
        return f"{self.t(_WEEKDAYS[local.weekday()], f'{local:%A}')} {self.when(at)}"

    def day(self, day: date | str) -> str:
        """Format a date. Text that is not a date is returned unchanged."""
        if isinstance(day, str):
            try:
                return self.day(date.fromisoformat(day))
            except ValueError:
                return day
        return self.t(f"{day.day}. {_MONTHS[day.month - 1]} {day.year}", f"{day.day} {day:%B %Y}")
