"""Show an error as a page to a browser, and as problem details to any other client."""

from collections.abc import Awaitable, Callable
from inspect import isawaitable
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from contracts.wire.errors import FieldError
from kit.http.web import Problem, is_about_address
from services.console.web.renderer import Alert, Renderer
from services.console.web.session import visitor_of

Handler = Callable[[Request, Any], Response | Awaitable[Response]]


def install(app: FastAPI, renderer: Renderer) -> None:
    for kind in (Problem, HTTPException, RequestValidationError):
        app.add_exception_handler(kind, _for_browsers(renderer, app.exception_handlers[kind]))


def _for_browsers(
    renderer: Renderer, otherwise: Handler
) -> Callable[[Request, Exception], Awaitable[Response]]:
    async def handle(request: Request, error: Exception) -> Response:
        if "text/html" not in request.headers.get("accept", ""):
            answer = otherwise(request, error)
            return await answer if isawaitable(answer) else answer
        return renderer.page(
            request, visitor_of(request), "nothing.html", {"here": "/"}, alert=_alert(request, error)
        )

    return handle


def _alert(request: Request, error: Exception) -> Alert:
    match error:
        case Problem():
            return Alert(
                error.code,
                error.title,
                reasons=tuple(one for one in error.errors if isinstance(one, FieldError)),
                status=error.status,
            )
        case HTTPException(status_code=404):
            return Alert("no-such-page", "", status=404)
        case RequestValidationError() if request.method == "GET":  # a truncated or mistyped URL
            return Alert("no-such-page", "", status=404 if is_about_address(error) else 422)
        case HTTPException():
            return Alert("", str(error.detail), status=error.status_code)
        case _:
            return Alert("invalid", "", status=422)
