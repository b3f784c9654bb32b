"""Lays the public page out: one Jinja environment of its own."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Any, Final

from fastapi.responses import HTMLResponse, Response
from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from contracts.events.vocabulary import Purpose
from services.registration.documents.texts import LANGUAGES, NATIVE, current, labels, wordings
from services.registration.domain.incident import Incident
from services.registration.public.form_parser import Errors
from services.registration.public.submission import Typed

# The form says where it comes from; `no-referrer` would have the browser hide it.
_HEADERS: Final = {"Referrer-Policy": "same-origin", "X-Robots-Tag": "noindex"}
_SPOKEN: Final = {
    **NATIVE, "de": "Deutsch", "es": "Español", "fa": "فارسی", "fr": "Français", "ku": "Kurdî",
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
class Shown:
    """What a page is about. `incident` None: the link leads nowhere."""

    language: str
    path: str
    incident: Incident | None = None


class Pages:
    def __init__(self, static: str) -> None:
        self._environment = Environment(
            loader=FileSystemLoader(Path(__file__).parent / "templates"),
            autoescape=select_autoescape(default=True),
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._environment.globals["static"] = static

    def form(
        self, shown: Shown, typed: Typed, nonce: str, *, errors: Errors | None = None, busy: bool = False
    ) -> Response:
        """Show the form with what was typed. `errors`: where, and which of the labels' errors."""
        status = HTTPStatus.UNPROCESSABLE_ENTITY if errors else HTTPStatus.OK
        told = {place: labels(shown.language)["errors"][which] for place, which in (errors or {}).items()}
        return self._page(
            "form.html",
            shown,
            HTTPStatus.TOO_MANY_REQUESTS if busy else status,
            typed=typed,
            nonce=nonce,
            errors=told,
            busy=busy,
            purposes=list(Purpose),
            version=current(),
            wording=wordings()[current()][shown.language],
            spoken=_SPOKEN,
            countries=_COUNTRIES,
        )

    def thanks(self, shown: Shown) -> Response:
        return self._page("told.html", shown, HTTPStatus.OK, told="thanks", wording=_withdrawal(shown))

    def closed(self, shown: Shown) -> Response:
        return self._page("told.html", shown, HTTPStatus.GONE, told="closed", wording="")

    def unknown(self, shown: Shown) -> Response:
        return self._page("told.html", shown, HTTPStatus.NOT_FOUND, told="unknown", wording="")

    def _page(self, template: str, shown: Shown, status: HTTPStatus, **context: Any) -> Response:
        words: Mapping[str, Any] = labels(shown.language)
        languages: Sequence[tuple[str, str]] = [(one, NATIVE[one]) for one in LANGUAGES]
        html = self._environment.get_template(template).render(
            lang=shown.language,
            path=shown.path,
            incident=shown.incident,
            words=words,
            t=words["page"],
            fields=words["fields"],
            languages=languages,
            **context,
        )
        headers = _HEADERS | ({"Retry-After": "600"} if status is HTTPStatus.TOO_MANY_REQUESTS else {})
        return HTMLResponse(html, status, headers=headers)


def _withdrawal(shown: Shown) -> str:
    return wordings()[current()][shown.language].withdrawal
