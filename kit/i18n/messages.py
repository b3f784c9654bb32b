"""Update every catalogue from the texts in code, templates and labels: `make messages`.

`<package>/i18n/<language>.po` holds the texts of `<package>`.
"""

from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any, BinaryIO, Final

import yaml
from babel.messages.catalog import Catalog
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.pofile import write_po

from kit.i18n.catalogues import read_catalogue

LABELS: Final = "labels.yaml"
_METHODS: Final = [
    ("**.py", "python"),
    ("**.html", "jinja2"),
    (f"**/i18n/{LABELS}", "kit.i18n.messages:extract_labels"),
    (f"i18n/{LABELS}", "kit.i18n.messages:extract_labels"),
]
_OPTIONS: Final = {"**.html": {"silent": "false"}}  # a broken template is an error
_KEYWORDS: Final = {**DEFAULT_KEYWORDS, "TranslatedText": None}  # translated when the language is known
_WIDTH: Final = 110


def catalogues(root: Path) -> list[Path]:
    """Return the paths of all catalogues of the product."""
    return sorted(
        path for top in ("cli", "contracts", "services") for path in (root / top).rglob("i18n/*.po")
    )


def extract(package: Path) -> Catalog:
    """Return the texts of a package."""
    template = Catalog()
    found = extract_from_dir(package, _METHODS, _OPTIONS, _KEYWORDS, ["Translators:"])
    for file, _, message, comments, context in found:
        template.add(message, locations=[(file, 0)], auto_comments=comments, context=context)
    return template


def extract_labels(
    file: BinaryIO,
    keywords: Collection[str],  # noqa: ARG001 - Babel passes them to every extractor
    comment_tags: Collection[str],  # noqa: ARG001
    options: Mapping[str, Any],  # noqa: ARG001
) -> Iterator[tuple[int, str, tuple[str, str], list[str]]]:
    """Yield the labels of a YAML file for Babel, with their group as the context."""
    for group, labels in yaml.safe_load(file).items():
        for text in labels.values():
            yield 0, "pgettext", (group, text), []


def update(path: Path) -> None:
    """Add new texts to a catalogue and remove unused ones. A reworded text is marked fuzzy."""
    catalogue = read_catalogue(path)
    catalogue.update(extract(path.parents[1]), update_creation_date=False)
    with path.open("wb") as file:
        write_po(file, catalogue, _WIDTH, sort_by_file=True, ignore_obsolete=True, include_lineno=False)


def main() -> None:
    for path in catalogues(Path.cwd()):
        update(path)


if __name__ == "__main__":
    main()
