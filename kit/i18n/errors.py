"""Texts of field errors in the language of the reader."""

from babel.support import NullTranslations

from contracts.wire.errors import FieldError

CONTEXT = "error"  # the gettext context of the texts


def error_text(error: FieldError, translations: NullTranslations) -> str:
    """Return the text of an error, in English where the catalogue lacks it."""
    return error.fill(str(translations.pgettext(CONTEXT, error.template)))
