"""Who looks, and in which language: two cookies. There is no login yet, so the name is what they say."""

from dataclasses import dataclass
from typing import Annotated
from urllib.parse import quote, unquote, urlsplit

from fastapi import Cookie, Depends, Query, Request, Response

from kit.web import Problem
from services.console.tongue import Lang, Tongue

NAME_COOKIE, LANG_COOKIE = "folgeskab_who", "folgeskab_lang"
NAME_LENGTH = 80
_YEAR = 365 * 24 * 3600
_HERE = {"127.0.0.1", "localhost", "::1"}


@dataclass(frozen=True, slots=True)
class Visitor:
    name: str  # empty until they have said it
    tongue: Tongue
    lang_asked: Lang | None = None  # just now, to be kept


def _visitor(
    request: Request,
    who: Annotated[str, Cookie(alias=NAME_COOKIE, max_length=1000)] = "",
    kept: Annotated[str, Cookie(alias=LANG_COOKIE)] = "",
    lang: Annotated[Lang | None, Query()] = None,
) -> Visitor:
    only_here(request)
    spoken = lang or (Lang(kept) if kept in set(Lang) else Lang.DA)
    return Visitor(unquote(who).strip()[:NAME_LENGTH], Tongue(spoken), lang)


WithVisitor = Annotated[Visitor, Depends(_visitor)]


def only_here(request: Request) -> None:
    """Refuse a page asked for under a foreign name: a name that points at this machine proves nothing."""
    host = urlsplit(f"//{request.headers.get('host', '')}").hostname
    if host not in _HERE:
        raise Problem(
            421, "There is no login yet: the console answers to localhost only.", code="not-localhost"
        )


def keep_name(response: Response, name: str) -> None:
    _keep(response, NAME_COOKIE, quote(name.strip()[:NAME_LENGTH], safe=""))


def keep_lang(response: Response, lang: Lang) -> None:
    _keep(response, LANG_COOKIE, lang)


def _keep(response: Response, name: str, value: str) -> None:
    response.set_cookie(name, value, max_age=_YEAR, httponly=True, samesite="strict")
