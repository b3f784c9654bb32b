"""Load the texts of the two consents by version and language, and the labels by language."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

import yaml

from contracts.events.vocabulary import Purpose
from contracts.wire.error_codes import ErrorCode
from contracts.wire.errors import FieldError
from services.registration.domain.consent import NewConsent

LANGUAGES: Final = ("da", "en", "uk", "ar")
LANGUAGE_NAMES: Final = {"da": "Dansk", "en": "English", "uk": "Українська", "ar": "العربية"}
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
        folder.name: {language: _load_wording(folder, language) for language in LANGUAGES}
        for folder in folders
    }


def current_version() -> str:
    """Return the version in use."""
    return list(wordings())[-1]


def supported_language(language: str) -> str:
    """Return a supported language for a speaker of any language."""
    if language in LANGUAGES:
        return language
    return "da" if language in _NORDIC else "en"


def unknown_wording_hints(
    consents: Sequence[NewConsent], field: str = "consents.{}.wording"
) -> Iterator[FieldError]:
    """Yield hints for consents with an unknown wording. Other organisations' paper forms are valid too."""
    for place, consent in enumerate(consents):
        if consent.terms.wording not in wordings():
            yield FieldError(field.format(place), ErrorCode.WORDING_UNKNOWN)


@cache
def labels(language: str) -> Mapping[str, Any]:
    loaded: Mapping[str, Any] = _load_yaml(_HERE / "labels" / f"{language}.yaml")
    return loaded


def _load_wording(folder: Path, language: str) -> Wording:
    texts = _load_yaml(folder / f"{language}.yaml")
    return Wording(
        registration=ConsentText(**texts.pop("registration")),
        contact=ConsentText(**texts.pop("contact")),
        **texts,
    )


def _version_key(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("-"))


def _load_yaml(path: Path) -> Any:
    return yaml.safe_load(path.read_text("utf-8"))
