"""Load the texts of the two consents by version and language, and the labels by language."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

import yaml

from contracts.events.vocabulary import Purpose
from contracts.wire.error_codes import ErrorCode
from contracts.wire.errors import FieldError
from kit.i18n.catalogues import SOURCE_LANGUAGE, Labels, load_labels, load_translations
from services.registration.domain.consent import NewConsent

_CATALOGUE: Final = Path(__file__).parents[1] / "i18n"
_LABELS: Final = load_labels(_CATALOGUE / "labels.yaml")
_TRANSLATIONS: Final = load_translations(_CATALOGUE)
_FALLBACK: Final = SOURCE_LANGUAGE
LANGUAGES: Final = tuple(sorted(_TRANSLATIONS, key=("da", _FALLBACK).__contains__, reverse=True))
_NORDIC: Final = frozenset({"da", "fo", "kl", "no", "nb", "nn", "sv"})
_HERE: Final = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class ConsentText:
    title: str
    text: str


@dataclass(frozen=True, slots=True)
class Wording:
    """The texts that a person reads or hears before consenting."""

    registration: ConsentText
    contact: ConsentText
    expiry: str
    withdrawal: str
    rights: str
    guardian: str

    def consent_text(self, purpose: Purpose) -> ConsentText:
        return self.registration if purpose is Purpose.REGISTRATION else self.contact

    @property
    def terms(self) -> tuple[str, ...]:
        return (self.expiry, self.withdrawal, self.rights, self.guardian)


@cache
def wordings() -> dict[str, dict[str, Wording]]:
    """Return the wordings by version and language, the oldest version first."""
    folders = sorted((_HERE / "versions").iterdir(), key=lambda folder: _version_key(folder.name))
    return {
        folder.name: {
            path.stem: _load_wording(path) for path in sorted(folder.iterdir(), key=_language_order)
        }
        for folder in folders
    }


def current_version() -> str:
    """Return the version in use."""
    return list(wordings())[-1]


def supported_language(language: str) -> str:
    """Return a supported language for a speaker of any language."""
    if language in LANGUAGES:
        return language
    return "da" if language in _NORDIC else _FALLBACK


def wording_language(language: str, version: str) -> str:
    """Return the language of a wording for a reader: English where it is not translated."""
    return language if language in wordings().get(version, {}) else _FALLBACK


def unknown_wording_hints(
    consents: Sequence[NewConsent], field: str = "consents.{}.wording"
) -> Iterator[FieldError]:
    """Yield hints for consents with an unknown wording. Other organisations' paper forms are valid too."""
    for place, consent in enumerate(consents):
        if consent.terms.wording not in wordings():
            yield FieldError(field.format(place), ErrorCode.WORDING_UNKNOWN)


@cache
def labels(language: str) -> Labels:
    """Return the labels by group and code. One without a translation is in English."""
    translations = _TRANSLATIONS[language]
    return {
        group: {code: str(translations.pgettext(group, text)) for code, text in texts.items()}
        for group, texts in _LABELS.items()
    }


def _load_wording(path: Path) -> Wording:
    texts = yaml.safe_load(path.read_text("utf-8"))
    return Wording(
        registration=ConsentText(**texts.pop("registration")),
        contact=ConsentText(**texts.pop("contact")),
        **texts,
    )


def _language_order(path: Path) -> int:
    return LANGUAGES.index(path.stem)


def _version_key(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("-"))
