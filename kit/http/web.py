"""HTTP defaults of every service: problem details (RFC 9457), security headers, the caller, metrics."""

import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

import asyncpg
import sqlalchemy as sa
from fastapi import Depends, FastAPI, Header, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp

from contracts.wire.error_codes import ErrorCode
from contracts.wire.errors import FieldError
from kit.database.database import is_stale_plan, is_transient
from kit.http import validation_messages
from kit.http.edge import EdgeMiddleware, EdgeRules
from kit.http.problem import problem_response
from kit.http.stale_plans import LAST_TRY, RetryOnStalePlan
from kit.runtime import metrics
from kit.runtime.logs import log_problem
from kit.runtime.metrics import REGISTRY

log = logging.getLogger(__name__)

_RETRY_AFTER = "5"  # seconds
_OUTAGES = (
    ConnectionError,
    TimeoutError,
    asyncpg.PostgresError,
    asyncpg.InterfaceError,
    sa.exc.DBAPIError,
    sa.exc.TimeoutError,
)
_UNREADABLE = "There was an error parsing the body"  # FastAPI's text


class Problem(Exception):  # noqa: N818 - RFC 9457's word
    """An expected refusal. People read `title` and the reasons: what to do, without personal data."""

    def __init__(
        self, status: int, title: str, *, errors: Sequence[FieldError | tuple[str, str]] = (), code: str = ""
    ) -> None:
        super().__init__(title)
        self.status = status
        self.title = title
        self.errors = tuple(errors)
        self.code = code

    def response(self) -> JSONResponse:
        return problem_response(self.status, self.title, self.errors, self.code)


@dataclass(frozen=True, slots=True)
class Caller:
    """The caller of a request, by its own statement: there is no login yet, and ports are loopback only."""

    name: str


def _caller(x_actor: Annotated[str | None, Header(max_length=100)] = None) -> Caller:
    if not x_actor or not x_actor.strip():
        raise Problem(
            401,
            "Say who you are in the header X-Actor.",
            errors=[FieldError("X-Actor", ErrorCode.MISSING)],
            code="no-caller",
        )
    return Caller(x_actor.strip())


WithCaller = Annotated[Caller, Depends(_caller)]


async def _nothing() -> None:
    return


class _App(FastAPI):
    """FastAPI inside our edge middleware, so that error responses pass it too."""

    edge = EdgeRules()

    def build_middleware_stack(self) -> ASGIApp:
        return EdgeMiddleware(super().build_middleware_stack(), self.edge)


def make_app(
    title: str,
    measure: Callable[[], Awaitable[None]] = _nothing,
    edge: EdgeRules | None = None,
    **fastapi: Any,
) -> FastAPI:
    """Return the app of a service. `measure` sets the gauges before each scrape; it must not hang."""
    app = _App(title=title, docs_url=None, redoc_url=None, **fastapi)
    app.edge = edge or EdgeRules()
    app.add_exception_handler(Problem, _on_problem)
    app.add_exception_handler(RequestValidationError, _on_invalid)
    app.add_exception_handler(HTTPException, _on_http)
    app.add_exception_handler(Exception, _on_fault)
    for outage in _OUTAGES:
        app.add_exception_handler(outage, _on_outage)
    app.add_middleware(RetryOnStalePlan)

    async def shown() -> Response:
        await measure()
        return Response(generate_latest(REGISTRY), media_type=CONTENT_TYPE_LATEST)

    app.add_api_route("/metrics", shown, include_in_schema=False)
    return app


def _on_fault(_request: Request, _error: Exception) -> Response:
    """Return 500 for an error of ours. The log has it under the request id."""
    title = (
        "Something went wrong on our side. Try again; if it happens again, tell operations the request_id."
    )
    return problem_response(500, title, code="fault")


def _on_problem(_request: Request, error: Exception) -> Response:
    assert isinstance(error, Problem)  # noqa: S101 - registered for this class
    return error.response()


def is_about_address(error: RequestValidationError) -> bool:
    """Return whether the path is wrong: an id in it is not a UUID."""
    return any(one["loc"][0] == "path" for one in error.errors())


def _on_invalid(_request: Request, error: Exception) -> Response:
    """Return each field with its reason, never its value: it may be personal data."""
    assert isinstance(error, RequestValidationError)  # noqa: S101 - registered for this class
    reasons = [validation_messages.field_error(one, within=1) for one in error.errors()]
    if is_about_address(error):
        return problem_response(404, "There is nothing under this address.", reasons, "unknown-address")
    return problem_response(422, "Some fields are not right. Nothing was changed.", reasons, "invalid")


async def _on_outage(request: Request, error: Exception) -> Response:
    """Return 503 while the database is away, full or busy. Raise any other error."""
    if not is_transient(error) or (is_stale_plan(error) and LAST_TRY not in request.scope):
        raise error
    metrics.REQUESTS_REFUSED.inc()
    log_problem(log, "a request was refused, because the database does not answer", error)
    title = "The database does not answer just now. Nothing was changed: try again in a moment."
    answer = problem_response(503, title, code="database-away")
    answer.headers["Retry-After"] = _RETRY_AFTER
    return answer


def _on_http(_request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101 - registered for this class
    if error.detail == _UNREADABLE:
        unreadable = FieldError("body", ErrorCode.NOT_UTF8_JSON)
        return problem_response(400, "The body cannot be read. Nothing was changed.", [unreadable])
    return problem_response(error.status_code, str(error.detail))
