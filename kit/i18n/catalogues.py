"""Load gettext catalogues: a folder holds one `<language>.po` per language. No compiled file is needed."""

from collections.abc import Mapping
from io import BytesIO
from pathlib import Path
from typing import Final

import yaml
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import NullTranslations, Translations

SOURCE_LANGUAGE: Final = "en"  # a msgid is the English text

Labels = Mapping[str, Mapping[str, str]]  # English text by group and code


def load_translations(*folders: Path) -> dict[str, NullTranslations]:
    """Return the translations by language. A text without translation is returned in English."""
    loaded: dict[str, Translations] = {}
    for path in [path for folder in folders for path in sorted(folder.glob("*.po"))]:
        compiled = BytesIO()
        write_mo(compiled, read_catalogue(path))
        compiled.seek(0)
        translations = Translations(compiled)
        loaded[path.stem] = loaded[path.stem].merge(translations) if path.stem in loaded else translations
    return {**loaded, SOURCE_LANGUAGE: NullTranslations()}


def read_catalogue(path: Path) -> Catalog:
    with path.open("rb") as file:
        return read_po(file, locale=path.stem, abort_invalid=True)


def load_labels(path: Path) -> Labels:
    """Load the English labels of codes. Their group is the gettext context of a translation."""
    labels: Labels = yaml.safe_load(path.read_text("utf-8"))
    return labels
