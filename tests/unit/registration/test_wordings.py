"""The consent texts: complete in every language, and unchanged once used."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from contracts.events.vocabulary import Channel, ObtainedBy, PreferredTime, Purpose, RegistrationPlace, Role
from kit.i18n.catalogues import read_catalogue
from services.registration import documents
from services.registration.documents import texts
from services.registration.domain.consent import ConsentDetails, Documentation, NewConsent

CATALOGUES = Path(documents.__file__).parents[1] / "i18n"
VERSIONS = Path(documents.__file__).parent / "versions"
IN_USE = {"2026-1": "1ef2cf086a2aedfef265b28436ef40de37254bc4b93a12c5428672ef9ca2ec21"}
NOW = datetime(2026, 11, 25, tzinfo=UTC)


@pytest.mark.parametrize("version", IN_USE)
def test_a_version_that_was_used_is_never_changed(version: str) -> None:
    files = sorted((VERSIONS / version).iterdir())

    digest = sha256(b"".join(path.read_bytes() for path in files)).hexdigest()

    assert digest == IN_USE[version], "make a new version: people have agreed to this one"


def test_every_version_is_pinned_and_the_newest_is_in_use() -> None:
    assert set(texts.wordings()) == set(IN_USE)
    assert texts.current_version() == "2026-1"


@pytest.mark.parametrize("language", texts.LANGUAGES)
def test_a_language_has_every_label(language: str) -> None:
    assert set(_paths(texts.labels(language))) == set(_paths(texts.labels("da")))


@pytest.mark.parametrize("language", texts.LANGUAGES)
def test_every_word_of_the_closed_lists_has_a_label(language: str) -> None:
    labels = texts.labels(language)

    for group, words in (
        ("roles", Role), ("places", RegistrationPlace), ("channels", Channel), ("times", PreferredTime),
        ("obtained", ObtainedBy),
    ):  # fmt: skip
        assert set(labels[group]) == set(words)


@pytest.mark.parametrize("path", sorted(CATALOGUES.glob("*.po")), ids=lambda path: path.stem)
def test_a_catalogue_translates_every_label(path: Path) -> None:
    assert [message.id for message in read_catalogue(path) if message.id and not message.string] == []


def test_a_wording_that_is_not_translated_is_shown_in_english() -> None:
    assert [texts.wording_language(one, "2026-1") for one in ("da", "ar", "de")] == ["da", "ar", "en"]
    assert texts.wording_language("da", "not known") == "en"


def test_a_speaker_of_another_language_is_addressed_in_one_they_may_read() -> None:
    assert [texts.supported_language(one) for one in ("ar", "sv", "pl")] == ["ar", "da", "en"]


def test_a_wording_of_another_organisations_form_is_only_a_hint() -> None:
    consents = [_consent("2026-1"), _consent("Region Nord 7")]

    assert [hint.field for hint in texts.unknown_wording_hints(consents)] == ["consents.1.wording"]


def _consent(version: str) -> NewConsent:
    terms = ConsentDetails(
        Purpose.REGISTRATION, (), NOW, NOW + timedelta(days=1), version, "da", ObtainedBy.PAPER_FORM, "1"
    )
    return NewConsent(terms, Documentation("x"))


def _paths(labels: Mapping[str, Any], above: str = "") -> list[str]:
    found = []
    for name, value in labels.items():
        found += _paths(value, f"{above}{name}.") if isinstance(value, dict) else [above + name]
    return found
