"""Translate templates: `_("…")`, `ngettext("…", "…", number)` and `pgettext("context", "…")`."""

from collections.abc import Callable
from typing import Any

from babel.support import NullTranslations
from jinja2 import Environment, pass_context
from jinja2.runtime import Context


def install(
    environment: Environment, translations: NullTranslations, *, format_number: Callable[[int], str]
) -> None:
    """Install one language. `%(num)s` in a plural text is the formatted number."""
    environment.add_extension("jinja2.ext.i18n")
    environment.install_gettext_translations(translations, newstyle=True)  # type: ignore[attr-defined]
    plural: Any = environment.globals["ngettext"]

    @pass_context
    def ngettext(context: Context, one: str, many: str, number: int, **variables: Any) -> Any:
        return plural(context, one, many, number, **({"num": format_number(number)} | variables))

    environment.globals["ngettext"] = ngettext
