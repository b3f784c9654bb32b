"""The other services over HTTP: commands from people, and the lists that only their owner has."""

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import httpx


@dataclass(frozen=True, slots=True)
class Answered:
    json: Any


@dataclass(frozen=True, slots=True)
class Refused:
    """The service said no. `code` is its own word; `title` its own, English, text."""

    status: int
    code: str
    title: str
    errors: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Away:
    """The service did not answer in time; whether a command took effect is not known."""

    service: str


Answer = Answered | Refused | Away


class Neighbours:
    def __init__(self, urls: Mapping[str, str], *, timeout: float) -> None:
        self.names = tuple(urls)
        self._urls = urls
        self._timeout = timeout
        self._client = httpx.AsyncClient(timeout=timeout, trust_env=False)

    async def get(self, service: str, path: str, *, timeout: float | None = None) -> Answer:
        return await self._call(service, "GET", path, timeout=timeout)

    async def post(
        self, service: str, path: str, *, actor: str, json: Any = None, timeout: float | None = None
    ) -> Answer:
        return await self._call(service, "POST", path, actor=actor, json=json, timeout=timeout)

    async def _call(
        self,
        service: str,
        method: str,
        path: str,
        *,
        actor: str | None = None,
        json: Any = None,
        timeout: float | None = None,
    ) -> Answer:
        try:
            response = await self._client.request(
                method,
                self._urls[service] + path,
                headers={b"X-Actor": header_text(actor)} if actor else None,
                json=json,
                timeout=timeout or self._timeout,
            )
            body = response.json()
        except (httpx.TransportError, ValueError):
            return Away(service)
        return Answered(body) if response.is_success else _refused(response.status_code, body)


def _refused(status: int, body: Any) -> Refused:
    problem = body if isinstance(body, dict) else {}
    errors = tuple([(str(e.get("field", "")), str(e.get("reason", ""))) for e in problem.get("errors", [])])
    code = str(problem.get("type", "")).rpartition(":")[2]
    return Refused(status, "" if code == "blank" else code, str(problem.get("title", "")), errors)


def as_told(name: str) -> str:
    """Give a name as the services know it."""
    return header_text(name).decode("latin-1")


def header_text(name: str) -> bytes:
    """Write a name as a header carries it: Latin-1; a letter outside it without its accent, else as `?`."""
    try:
        return name.encode("latin-1")
    except UnicodeEncodeError:
        plain = "".join(c for c in unicodedata.normalize("NFKD", name) if not unicodedata.combining(c))
        return plain.encode("latin-1", "replace")
