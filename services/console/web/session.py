"""The visitor's name and language, in two cookies. There is no login yet: the name is not verified."""

from dataclasses import dataclass
from typing import Annotated
from urllib.parse import quote, unquote, urlsplit

from fastapi import Depends, Request, Response

from kit.http.web import Problem
from services.console.i18n.translator import DEFAULT_LANGUAGE, LANGUAGES, Translator

NAME_COOKIE, LANG_COOKIE = "folgeskab_who", "folgeskab_lang"
NAME_LENGTH = 80
_YEAR = 365 * 24 * 3600
_LOCALHOST = {"127.0.0.1", "localhost", "::1"}


@dataclass(frozen=True, slots=True)
class Visitor:
    name: str  # empty until the visitor enters it
    translator: Translator
    requested_lang: str | None = None  # requested in this URL, to be stored


def visitor_of(request: Request) -> Visitor:
    name = unquote(request.cookies.get(NAME_COOKIE, "")).strip()[:NAME_LENGTH]
    asked = _lang(request.query_params.get("lang"))
    lang = asked or _lang(request.cookies.get(LANG_COOKIE)) or DEFAULT_LANGUAGE
    return Visitor(name, Translator(lang), asked)


def _lang(text: str | None) -> str | None:
    return text if text in LANGUAGES else None


def _require_localhost(request: Request) -> Visitor:
    """Refuse a foreign host name: any DNS name can point at this machine (DNS rebinding)."""
    host = urlsplit(f"//{request.headers.get('host', '')}").hostname
    if host not in _LOCALHOST:
        raise Problem(
            421, "There is no login yet: the console answers to localhost only.", code="not-localhost"
        )
    return visitor_of(request)


WithVisitor = Annotated[Visitor, Depends(_require_localhost)]


def keep_name(response: Response, name: str) -> None:
    _keep(response, NAME_COOKIE, quote(name.strip()[:NAME_LENGTH], safe=""))


def keep_lang(response: Response, lang: str) -> None:
    _keep(response, LANG_COOKIE, lang)


def _keep(response: Response, name: str, value: str) -> None:
    response.set_cookie(name, value, max_age=_YEAR, httponly=True, samesite="strict")
