"""The wordings of the two consents, by version and language, as files of their own."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

import yaml

from contracts.events.vocabulary import Purpose
from services.registration.domain.consent import NewConsent
from services.registration.domain.validation import FieldError

LANGUAGES: Final = ("da", "en", "uk", "ar")
NATIVE: Final = {"da": "Dansk", "en": "English", "uk": "Українська", "ar": "العربية"}
_NORDIC: Final = frozenset({"da", "fo", "kl", "no", "nb", "nn", "sv"})
_HERE: Final = Path(__file__).parent
_UNKNOWN: Final = "is a wording this system does not know: keep the text that was read or shown"


@dataclass(frozen=True, slots=True)
class Statement:
    title: str
    text: str


@dataclass(frozen=True, slots=True)
class Wording:
    """What is read or shown before somebody agrees."""

    registration: Statement
    contact: Statement
    expiry: str
    withdrawal: str
    rights: str
    guardian: str

    def of(self, purpose: Purpose) -> Statement:
        return self.registration if purpose is Purpose.REGISTRATION else self.contact

    @property
    def terms(self) -> tuple[str, ...]:
        return (self.expiry, self.withdrawal, self.rights, self.guardian)


@cache
def wordings() -> dict[str, dict[str, Wording]]:
    """Give each version's wording by language, the oldest version first."""
    folders = sorted((_HERE / "versions").iterdir(), key=lambda folder: _order(folder.name))
    return {
        folder.name: {language: _wording(folder, language) for language in LANGUAGES} for folder in folders
    }


def current() -> str:
    """Give the version in use."""
    return list(wordings())[-1]


def spoken(language: str) -> str:
    """Give the language to address a speaker of another in."""
    if language in LANGUAGES:
        return language
    return "da" if language in _NORDIC else "en"


def unknown_wordings(
    consents: Sequence[NewConsent], field: str = "consents.{}.wording"
) -> Iterator[FieldError]:
    """Hint at consents read from a wording that is not ours: others' paper forms are as good."""
    for place, consent in enumerate(consents):
        if consent.terms.wording not in wordings():
            yield FieldError(field.format(place), _UNKNOWN)


@cache
def labels(language: str) -> Mapping[str, Any]:
    loaded: Mapping[str, Any] = _read(_HERE / "labels" / f"{language}.yaml")
    return loaded


def _wording(folder: Path, language: str) -> Wording:
    texts = _read(folder / f"{language}.yaml")
    return Wording(
        registration=Statement(**texts.pop("registration")),
        contact=Statement(**texts.pop("contact")),
        **texts,
    )


def _order(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("-"))


def _read(path: Path) -> Any:
    return yaml.safe_load(path.read_text("utf-8"))
