"""The outermost HTTP middleware: it checks and bounds every request before anything reads it.

Each request gets an id, which its response and its log lines carry. Refused are: an unknown host name (421),
a path or query that is not text (404), a change requested by another site (403), a body that is too large
(413) or too slow (408).
"""

import asyncio
import math
import re
import time
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import SplitResult, unquote_to_bytes, urlsplit
from uuid import uuid4

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

from kit.http.problem import problem_response
from kit.runtime.logs import REQUEST_ID

HEADER: Final = "X-Request-Id"
LOOPBACK: Final = frozenset({"127.0.0.1", "localhost", "::1"})
SECURITY_HEADERS: Final = {
    "Content-Security-Policy": (
        "default-src 'self'; img-src 'self' data:; frame-ancestors 'none'; form-action 'self'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}
_SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})
_GIVEN: Final = re.compile(r"[0-9A-Za-z-]{8,64}")
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f]")
_WATCHED: Final = ("/metrics", "/health/")  # probes use the address of the host; no personal data
_LARGEST: Final = 1024 * 1024  # bytes
_WITHIN: Final = 30.0  # seconds: for the head, for the body, and for each chunk of a large body


@dataclass(slots=True)
class EdgeRules:
    """`hosts`: permitted names; None: any. `large`: paths of large bodies, and their limit in bytes."""

    hosts: set[str] | None = None
    large: dict[re.Pattern[str], int | None] = field(default_factory=dict)
    within: float = _WITHIN


class EdgeMiddleware:
    def __init__(self, app: ASGIApp, rules: EdgeRules) -> None:
        self._app = app
        self._rules = rules

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        request_id = _id_of(headers)

        async def send_named(message: Message) -> None:
            if message["type"] == "http.response.start":
                sent = MutableHeaders(scope=message)
                sent[HEADER] = request_id
                for name, value in SECURITY_HEADERS.items():
                    sent.setdefault(name, value)
            await send(message)

        token = REQUEST_ID.set(request_id)
        try:
            answer = self._refusal(scope, headers) or self._app
            await answer(scope, self._bounded(scope, receive), send_named)
        finally:
            REQUEST_ID.reset(token)

    def _refusal(self, scope: Scope, headers: Headers) -> Response | None:
        if not _is_text(scope):
            return problem_response(404, "There is nothing under this address. Check the spelling.")
        if not self._is_ours(scope["path"], headers):
            title = "This service does not answer under that name. Use the address you were given."
            return problem_response(421, title, code="unknown-host")
        if _is_foreign(scope, headers):
            return problem_response(403, "The request comes from another site.", code="foreign-origin")
        most = self._most(scope["path"])
        length = headers.get("content-length", "0")
        if most is not None and length.isdecimal() and int(length) > most:
            return problem_response(413, _too_large(most), code="too-large")
        return None

    def _is_ours(self, path: str, headers: Headers) -> bool:
        if self._rules.hosts is None or path.startswith(_WATCHED):
            return True
        asked = _split(f"//{headers.get('host', '')}")
        return asked is not None and asked.hostname in self._rules.hosts

    def _most(self, path: str) -> int | None:
        return next((most for large, most in self._rules.large.items() if large.fullmatch(path)), _LARGEST)

    def _bounded(self, scope: Scope, receive: Receive) -> Receive:
        """Bound the body by size and time. For a large body the time limit applies to each chunk."""
        most = self._most(scope["path"])
        is_large = any(large.fullmatch(scope["path"]) for large in self._rules.large)
        taken, more, end = 0, True, math.inf

        async def bounded() -> Message:
            nonlocal taken, more, end
            if not more:  # the body is complete: wait for the disconnect
                return await receive()
            if is_large or end == math.inf:
                end = time.monotonic() + self._rules.within
            try:
                async with asyncio.timeout(end - time.monotonic()):
                    message = await receive()
            except TimeoutError:
                raise HTTPException(408, "The request came too slowly. Try again.") from None
            taken += len(message.get("body", b""))
            more = message.get("more_body", False)
            if most is not None and taken > most:
                raise HTTPException(413, _too_large(most))
            return message

        return bounded


def _is_foreign(scope: Scope, headers: Headers) -> bool:
    """Return whether a page of another site requests a change."""
    origin = headers.get("origin")
    if scope["method"] in _SAFE or origin is None:
        return False
    site = _split(origin)
    return site is None or site.netloc != headers.get("host")


def _split(url: str) -> SplitResult | None:
    try:
        return urlsplit(url)
    except ValueError:
        return None


def _too_large(most: int) -> str:
    return f"The request is larger than {most // 1024} KiB. Send less at once."


def _is_text(scope: Scope) -> bool:
    """Return whether path and query are text without control characters."""
    try:
        path = unquote_to_bytes(scope.get("raw_path") or scope["path"].encode()).decode()
        query = unquote_to_bytes(scope["query_string"]).decode()
    except UnicodeDecodeError:
        return False
    return not _CONTROL.search(path) and "\0" not in query


def _id_of(headers: Headers) -> str:
    """Return the caller's request id, so that it is kept across services; else a new one."""
    given = headers.get(HEADER, "")
    return given if _GIVEN.fullmatch(given) else uuid4().hex


class TimeLimitedProtocol(H11Protocol):
    """uvicorn's protocol with a time limit for the head of each request. uvicorn has none."""

    within: float = _WITHIN
    _giving_up: asyncio.TimerHandle | None = None

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        self._begin()

    def connection_lost(self, exc: Exception | None) -> None:
        self._end()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self.cycle is not None and not self.cycle.response_complete:
            self._end()
        elif self._giving_up is None:
            self._begin()

    def _begin(self) -> None:
        self._giving_up = self.loop.call_later(self.within, self.transport.abort)

    def _end(self) -> None:
        if self._giving_up is not None:
            self._giving_up.cancel()
            self._giving_up = None
