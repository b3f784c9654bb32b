"""HTTP client of the other services: commands, and lists that only their owner stores."""

import unicodedata
from collections.abc import AsyncIterator, Mapping
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import httpx

from contracts.wire.errors import FieldError
from kit.runtime.logs import REQUEST_ID


@dataclass(frozen=True, slots=True)
class Ok:
    json: Any


@dataclass(frozen=True, slots=True)
class ProblemResponse:
    """The service refused. `code` and the English `title` come from its problem details (RFC 9457)."""

    status: int
    code: str
    title: str
    errors: tuple[FieldError, ...] = ()


@dataclass(frozen=True, slots=True)
class Unavailable:
    """The service did not answer in time. It is unknown whether a command took effect."""

    service: str


@dataclass(frozen=True, slots=True)
class Document:
    """A file passed through. The caller must read `pieces` to the end or close it."""

    media_type: str
    disposition: str
    pieces: AsyncIterator[bytes]


ServiceResponse = Ok | ProblemResponse | Unavailable


class ServiceClient:
    def __init__(self, urls: Mapping[str, str], *, timeout: float) -> None:
        self.names = tuple(urls)
        self._urls = urls
        self._timeout = timeout
        self._client = httpx.AsyncClient(
            timeout=timeout, trust_env=False, event_hooks={"request": [_add_request_id]}
        )

    async def close(self) -> None:
        """Close the pooled connections."""
        await self._client.aclose()

    async def get(
        self, service: str, path: str, *, actor: str | None = None, timeout: float | None = None
    ) -> ServiceResponse:
        return await self._call(service, "GET", path, actor=actor, timeout=timeout)

    async def post(
        self, service: str, path: str, *, actor: str, json: Any = None, timeout: float | None = None
    ) -> ServiceResponse:
        return await self._call(service, "POST", path, actor=actor, json=json, timeout=timeout)

    async def send(
        self,
        service: str,
        path: str,
        *,
        actor: str,
        file_headers: Mapping[str, str],
        pieces: AsyncIterator[bytes],
        timeout: float,
    ) -> ServiceResponse:
        """Stream a file. `timeout`: seconds to wait for the answer after the last piece is sent.

        `file_headers`: their values are percent-encoded.
        """
        headers = {name.encode(): quote(text).encode() for name, text in file_headers.items()}
        return await self._call(
            service, "POST", path, actor=actor, content=pieces, timeout=timeout, headers=headers
        )

    async def fetch(self, service: str, path: str, *, actor: str) -> Document | ProblemResponse | Unavailable:
        """Request a file, to be streamed to the browser."""
        request = self._client.build_request(
            "GET", self._urls[service] + path, headers={b"X-Actor": encode_header(actor)}
        )
        try:
            response = await self._client.send(request, stream=True)
            if response.is_success:
                return _document(response)
            async with aclosing(response):
                await response.aread()
                return _problem(response.status_code, response.json())
        except (httpx.TransportError, ValueError):
            return Unavailable(service)

    async def _call(
        self,
        service: str,
        method: str,
        path: str,
        *,
        actor: str | None = None,
        json: Any = None,
        content: AsyncIterator[bytes] | None = None,
        timeout: float | None = None,
        headers: Mapping[bytes, bytes] | None = None,
    ) -> ServiceResponse:
        try:
            response = await self._client.request(
                method,
                self._urls[service] + path,
                headers=({b"X-Actor": encode_header(actor)} if actor else {}) | dict(headers or {}),
                json=json,
                content=content,
                timeout=timeout or self._timeout,
            )
            body = response.json()
        except (httpx.TransportError, ValueError):
            return Unavailable(service)
        return Ok(body) if response.is_success else _problem(response.status_code, body)


async def _add_request_id(request: httpx.Request) -> None:
    """Add the request id, so that the log lines of both services carry it."""
    if request_id := REQUEST_ID.get():
        request.headers["X-Request-Id"] = request_id


def _document(response: httpx.Response) -> Document:
    async def pieces() -> AsyncIterator[bytes]:
        async with aclosing(response):
            async for piece in response.aiter_bytes():
                yield piece

    headers = response.headers
    return Document(
        headers.get("content-type", ""), headers.get("content-disposition", "attachment"), pieces()
    )


def _problem(status: int, body: Any) -> ProblemResponse:
    problem = body if isinstance(body, dict) else {}
    errors = tuple(map(FieldError.of_document, problem.get("errors", [])))
    code = str(problem.get("type", "")).rpartition(":")[2]
    return ProblemResponse(status, "" if code == "blank" else code, str(problem.get("title", "")), errors)


def header_value(name: str) -> str:
    """Return a name as the services receive it in a header."""
    return encode_header(name).decode("latin-1")


def encode_header(name: str) -> bytes:
    """Encode a name as Latin-1. Other letters lose their accent, or become `?`."""
    try:
        return name.encode("latin-1")
    except UnicodeEncodeError:
        plain = "".join(c for c in unicodedata.normalize("NFKD", name) if not unicodedata.combining(c))
        return plain.encode("latin-1", "replace")
