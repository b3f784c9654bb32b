"""Retry a request once after a migration has made a prepared statement stale."""

import logging
from typing import Final

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from kit.database.database import is_stale_plan
from kit.runtime.logs import log_event

log = logging.getLogger(__name__)

LAST_TRY: Final = "kit.last_try"  # in the scope: the next failure is final
_LARGEST_BODY: Final = 1024 * 1024  # bytes of a body that are kept for the retry


class RetryOnStalePlan:
    """Calls the app again, with the same body, if it failed so before its response began."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
        elif not _is_short(Headers(scope=scope)):
            scope[LAST_TRY] = True
            await self._app(scope, receive, send)
        else:
            await self._answer(scope, receive, send)

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        read: list[Message] = []

        async def keep() -> Message:
            read.append(message := await receive())
            return message

        async def answer(message: Message) -> None:
            scope[LAST_TRY] = True
            await send(message)

        async def read_again() -> Message:
            return read.pop(0) if read else await receive()

        again = dict(scope)
        try:
            await self._app(scope, keep, answer)
        except Exception as error:
            if not is_stale_plan(error) or LAST_TRY in scope:
                raise
            log_event(log, "a request is retried: a migration made its statements stale")
            again[LAST_TRY] = True
            await self._app(again, read_again, send)


def _is_short(headers: Headers) -> bool:
    if "transfer-encoding" in headers:
        return False
    length = headers.get("content-length", "0")
    return length.isdecimal() and int(length) <= _LARGEST_BODY
