"""The outermost layer of every service's HTTP.

Each request gets an id, which its answer and its log lines name.
"""

import re
from typing import Final
from uuid import uuid4

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from kit.logs import REQUEST_ID

HEADER: Final = "X-Request-Id"
_GIVEN: Final = re.compile(r"[0-9A-Za-z-]{8,64}")


class Edge:
    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        request_id = _id_of(headers)

        async def send_named(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message)[HEADER] = request_id
            await send(message)

        token = REQUEST_ID.set(request_id)
        try:
            await self._app(scope, receive, send_named)
        finally:
            REQUEST_ID.reset(token)


def _id_of(headers: Headers) -> str:
    """Return the caller's id, so that a request keeps it through several services, or a new one."""
    given = headers.get(HEADER, "")
    return given if _GIVEN.fullmatch(given) else uuid4().hex
