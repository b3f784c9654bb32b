"""The catalogues hold every text that people read: none is missing, fuzzy or unused in Danish."""

from pathlib import Path

import pytest
from babel.messages.catalog import Catalog, Message

from kit.i18n.catalogues import read_catalogue
from kit.i18n.messages import catalogues, extract

ROOT = Path(__file__).resolve().parents[2]
CATALOGUES = [path.relative_to(ROOT) for path in catalogues(ROOT)]
DANISH = [path for path in CATALOGUES if path.stem == "da"]


def texts(catalogue: Catalog) -> dict[tuple[str, str | None], Message]:
    return {
        (message.id if isinstance(message.id, str) else message.id[0], message.context): message
        for message in catalogue
        if message.id
    }


def strings(message: Message) -> tuple[str, ...]:
    """Return the translations: one, or one for each plural form."""
    return (message.string,) if isinstance(message.string, str) else tuple(message.string or ())


@pytest.mark.parametrize("path", DANISH, ids=str)
def test_every_text_has_a_danish_translation(path: Path) -> None:
    translated = {key for key, message in texts(read_catalogue(ROOT / path)).items() if all(strings(message))}

    missing = texts(extract(ROOT / path.parents[1])).keys() - translated

    assert missing == set(), "run `make messages`, then translate these"


@pytest.mark.parametrize("path", CATALOGUES, ids=str)
def test_no_translation_is_fuzzy_or_unused(path: Path) -> None:
    catalogue = read_catalogue(ROOT / path)

    fuzzy = {key for key, message in texts(catalogue).items() if message.fuzzy}
    unused = texts(catalogue).keys() - texts(extract(ROOT / path.parents[1])).keys()

    assert fuzzy == set(), "compare these with the new English text, then remove the word fuzzy"
    assert unused == set(), "run `make messages`"
    assert not catalogue.obsolete


@pytest.mark.parametrize("path", CATALOGUES, ids=str)
def test_a_translation_has_the_placeholders_and_plural_forms_of_its_language(path: Path) -> None:
    faults = [
        (message.id, [str(e) for e in errors]) for message, errors in read_catalogue(ROOT / path).check()
    ]

    assert faults == []


@pytest.mark.parametrize("path", CATALOGUES, ids=str)
def test_a_translation_holds_no_markup_since_templates_do_not_escape_it(path: Path) -> None:
    found = [string for message in texts(read_catalogue(ROOT / path)).values() for string in strings(message)]

    assert [string for string in found if {"<", ">", '"', "&"} & {*string}] == []


def test_the_call_card_is_complete_in_german() -> None:
    german = read_catalogue(ROOT / "services/console/i18n/de.po")
    on_card = ("reason", "outcome", "preferred_time", "follow_up", "role", "language")

    missing = [
        message.id
        for message in texts(german).values()
        if message.context in on_card or any("pages/calls/" in file for file, _ in message.locations)
        if not all(strings(message))
    ]

    assert missing == []
