"""The texts, labels, numbers and times of one language. Danish is the default."""

from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_date, format_time
from babel.numbers import format_decimal
from babel.support import NullTranslations

from contracts.wire.errors import CATALOGUE, FieldError
from kit.i18n.catalogues import SOURCE_LANGUAGE, load_labels, load_translations
from kit.i18n.errors import error_text

COPENHAGEN = ZoneInfo("Europe/Copenhagen")
DEFAULT_LANGUAGE: Final = "da"
LABELS: Final = load_labels(Path(__file__).parent / "labels.yaml")
_TRANSLATIONS: Final = load_translations(Path(__file__).parent, CATALOGUE)
LANGUAGES: Final = tuple(
    sorted(_TRANSLATIONS, key=(DEFAULT_LANGUAGE, SOURCE_LANGUAGE).__contains__, reverse=True)
)
_DIGITS = 8  # of a Danish telephone number


@dataclass(frozen=True, slots=True)
class Translator:
    lang: str

    @property
    def translations(self) -> NullTranslations:
        return _TRANSLATIONS[self.lang]

    @property
    def locale(self) -> Locale:
        return Locale.parse("en_GB" if self.lang == SOURCE_LANGUAGE else self.lang)

    def word(self, group: str, code: str) -> str:
        """Return the label of a vocabulary code. An unknown code is returned as text."""
        label = LABELS[group].get(code)
        return str(self.translations.pgettext(group, label)) if label else code.replace("_", " ")

    def problem(self, code: str) -> str:
        """Return why a command failed. A call refused with the reason of a withheld contact says so."""
        if code in LABELS["problem"] or code not in LABELS["reason"]:
            return self.word("problem", code)
        text = self.translations.gettext("This person is not to be called: %(reason)s.")
        return text % {"reason": self.word("reason", code)}

    def error_text(self, error: FieldError) -> tuple[str, str]:
        """Return the text of an error, and the language of that text."""
        text = error_text(error, self.translations)
        return text, SOURCE_LANGUAGE if text == error.text else self.lang

    def n(self, number: int) -> str:
        return format_decimal(number, locale=self.locale)

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
        local = _local(moment)
        text = self.translations.gettext("%(day)s at %(time)s")
        return text % {"day": self.day(local.date()), "time": format_time(local, "short", locale=self.locale)}

    def due(self, moment: datetime | str) -> str:
        """Return a deadline with its weekday."""
        return f"{format_date(_local(moment), 'EEEE', self.locale)} {self.when(moment)}"

    def day(self, day: date | str) -> str:
        """Format a date. Text that is not a date is returned unchanged."""
        if isinstance(day, str):
            try:
                return self.day(date.fromisoformat(day))
            except ValueError:
                return day
        return format_date(day, "long", self.locale)


def _local(moment: datetime | str) -> datetime:
    at = datetime.fromisoformat(moment) if isinstance(moment, str) else moment
    return at.astimezone(COPENHAGEN)
