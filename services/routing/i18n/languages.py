"""The languages of explanations and handover records."""

from functools import partial
from pathlib import Path
from typing import Final

from babel.dates import format_date

from kit.i18n.catalogues import SOURCE_LANGUAGE, load_translations
from services.routing.domain.reasons import ExplanationLanguage


def _load_languages() -> dict[str, ExplanationLanguage]:
    return {
        code: ExplanationLanguage(
            translations.gettext,
            partial(format_date, format="long", locale="en_GB" if code == SOURCE_LANGUAGE else code),
        )
        for code, translations in load_translations(Path(__file__).parent).items()
    }


LANGUAGES: Final = _load_languages()
DANISH: Final = LANGUAGES["da"]
