"""Render pages: the Jinja environment, the context of every page, and alerts."""

from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Any, Final

from babel import Locale
from fastapi import Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from contracts.wire.errors import FieldError
from kit.i18n.jinja import install
from services.console.clients.health_monitor import HealthMonitor
from services.console.clients.service_client import ProblemResponse, Unavailable
from services.console.i18n.translator import LABELS, LANGUAGES, Translator
from services.console.web.session import Visitor, keep_lang

# `no-referrer` would make the browser omit the Origin header of our own forms.
_HEADERS = {"Referrer-Policy": "same-origin"}


@dataclass(frozen=True, slots=True)
class Alert:
    """A failed command, shown above the page."""

    code: str
    title: str
    service: str = ""
    reasons: tuple[FieldError, ...] = ()
    status: int = HTTPStatus.CONFLICT

    @property
    def away(self) -> bool:
        return bool(self.service)


def alert_of(answer: ProblemResponse | Unavailable) -> Alert:
    match answer:
        case ProblemResponse(status, code, title, errors):
            return Alert(code, title, reasons=errors, status=status)
        case Unavailable(service):
            return Alert("away", "", service=service, status=HTTPStatus.BAD_GATEWAY)


_SHARED: Final = Path(__file__).parent / "templates"
_PAGES: Final = Path(__file__).parents[1] / "pages"  # "waves/page.html" is stored beside its routes

UNKNOWN_INCIDENT = Alert("unknown-incident", "", status=HTTPStatus.NOT_FOUND)
NO_NAME = Alert("no-name", "", status=HTTPStatus.UNPROCESSABLE_ENTITY)


class Renderer:
    def __init__(self, monitor: HealthMonitor, *, static: str, loopback: bool) -> None:
        """Create the templates. `static`: URL prefix. `loopback`: only this machine can reach the port."""
        self._monitor = monitor
        self._loopback = loopback
        self._environments = {lang: _environment(Translator(lang), static) for lang in LANGUAGES}

    def partial(self, template: str, lang: str, context: Mapping[str, Any]) -> str:
        return self._environments[lang].get_template(template).render(context)

    def page(
        self,
        request: Request,
        visitor: Visitor,
        template: str,
        context: Mapping[str, Any],
        *,
        alert: Alert | None = None,
    ) -> Response:
        shown = {
            "who": visitor.name,
            "here": request.url.path,
            "loopback": self._loopback,
            "unhealthy": self._monitor.unhealthy,
            "alert": alert,
            "explained": _explained,
            "done": request.query_params.get("done", "") if alert is None else "",
            **context,
        }
        html = self._environments[visitor.translator.lang].get_template(template).render(shown)
        response = HTMLResponse(html, alert.status if alert else HTTPStatus.OK, headers=_HEADERS)
        if visitor.requested_lang is not None:
            keep_lang(response, visitor.requested_lang)
        return response


def nothing(
    renderer: Renderer, request: Request, visitor: Visitor, alert: Alert = UNKNOWN_INCIDENT
) -> Response:
    return renderer.page(request, visitor, "nothing.html", {"here": "/"}, alert=alert)


def _explained(code: str) -> bool:
    """Return whether our own text is complete. For an invalid form, the service names the field."""
    return code != "invalid" and any(code in LABELS[group] for group in ("problem", "reason"))


def _environment(translator: Translator, static: str) -> Environment:
    environment = Environment(
        loader=FileSystemLoader([_SHARED, _PAGES]),
        autoescape=select_autoescape(default=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    install(environment, translator.translations, format_number=translator.n)
    environment.globals |= {
        "static": static,
        "lang": translator.lang,
        "languages": {lang: Locale(lang).get_display_name() for lang in LANGUAGES},
        "word": translator.word,
        "problem": translator.problem,
        "error_text": translator.error_text,
        "n": translator.n,
        "phone": translator.phone,
        "share": translator.share,
        "when": translator.when,
        "due": translator.due,
        "day": translator.day,
    }
    return environment


def go(path: str) -> Response:
    """Redirect to a page after a successful command."""
    return RedirectResponse(path, HTTPStatus.SEE_OTHER)
