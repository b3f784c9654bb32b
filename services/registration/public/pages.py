"""Render the public page, with its own Jinja environment."""

from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Any, Final

from babel import Locale
from fastapi.responses import HTMLResponse, Response
from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from contracts.events.vocabulary import Purpose
from services.registration.documents.texts import (
    LANGUAGES,
    current_version,
    labels,
    wording_language,
    wordings,
)
from services.registration.domain.incident import Incident
from services.registration.public.form_parser import FormErrors
from services.registration.public.submission import SubmittedForm

# The Origin header of the form is checked; `no-referrer` would make the browser hide it.
_HEADERS: Final = {"Referrer-Policy": "same-origin", "X-Robots-Tag": "noindex"}
_LANGUAGE_NAMES: Final = {one: str(Locale(one).get_display_name()).capitalize() for one in LANGUAGES}
_SPOKEN_LANGUAGES: Final = {
    **_LANGUAGE_NAMES, "es": "Español", "fa": "فارسی", "fr": "Français", "ku": "Kurdî",
    "pl": "Polski", "ro": "Română", "ru": "Русский",
    "so": "Soomaali", "ti": "ትግርኛ", "tr": "Türkçe", "ur": "اردو",
}  # fmt: skip
_COUNTRIES: Final = {
    "DK": "Danmark", "FO": "Føroyar", "GL": "Kalaallit Nunaat", "SE": "Sverige", "NO": "Norge", "FI": "Suomi",
    "IS": "Ísland", "DE": "Deutschland", "NL": "Nederland", "PL": "Polska", "RO": "România", "UA": "Україна",
    "GB": "United Kingdom", "FR": "France", "ES": "España", "IT": "Italia", "TR": "Türkiye",
    "US": "United States", "ZZ": "…",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class PageContext:
    """Language, path and incident of a page. `incident` is None for an unknown link."""

    language: str
    path: str
    incident: Incident | None = None

    @property
    def wording_language(self) -> str:
        """Return the language of the consents on the page: not every wording is translated."""
        return wording_language(self.language, current_version())


class PublicPages:
    def __init__(self, static: str) -> None:
        self._environment = Environment(
            loader=FileSystemLoader(Path(__file__).parent / "templates"),
            autoescape=select_autoescape(default=True),
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._environment.globals["static"] = static

    def render_form(
        self,
        context: PageContext,
        submitted: SubmittedForm,
        nonce: str,
        *,
        errors: FormErrors | None = None,
        busy: bool = False,
    ) -> Response:
        """Render the form with the submitted values. `errors` maps places to keys of error labels."""
        status = HTTPStatus.UNPROCESSABLE_ENTITY if errors else HTTPStatus.OK
        error_texts = {
            place: labels(context.language)["errors"][which] for place, which in (errors or {}).items()
        }
        return self._render(
            "form.html",
            context,
            HTTPStatus.TOO_MANY_REQUESTS if busy else status,
            submitted=submitted,
            nonce=nonce,
            errors=error_texts,
            busy=busy,
            purposes=list(Purpose),
            version=current_version(),
            wording=wordings()[current_version()][context.wording_language],
            spoken=_SPOKEN_LANGUAGES,
            countries=_COUNTRIES,
        )

    def render_thanks(self, context: PageContext) -> Response:
        return self._render(
            "message.html", context, HTTPStatus.OK, message="thanks", wording=_withdrawal_text(context)
        )

    def render_closed(self, context: PageContext) -> Response:
        return self._render("message.html", context, HTTPStatus.GONE, message="closed", wording="")

    def render_unknown(self, context: PageContext) -> Response:
        return self._render("message.html", context, HTTPStatus.NOT_FOUND, message="unknown", wording="")

    def _render(self, template: str, context: PageContext, status: HTTPStatus, **values: Any) -> Response:
        words: Mapping[str, Any] = labels(context.language)
        html = self._environment.get_template(template).render(
            lang=context.language,
            path=context.path,
            incident=context.incident,
            words=words,
            t=words["page"],
            fields=words["fields"],
            languages=_LANGUAGE_NAMES.items(),
            direction=Locale(context.language).text_direction,
            wording_lang=context.wording_language,
            wording_lang_name=Locale(context.wording_language).get_display_name(context.language),
            **values,
        )
        headers = _HEADERS | ({"Retry-After": "600"} if status is HTTPStatus.TOO_MANY_REQUESTS else {})
        return HTMLResponse(html, status, headers=headers)


def _withdrawal_text(context: PageContext) -> str:
    return wordings()[current_version()][context.wording_language].withdrawal
