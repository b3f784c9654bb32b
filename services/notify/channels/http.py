"""HTTP to a provider: one connection per concurrent call, and the meaning of each result."""

import asyncio
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import httpx

from services.notify.channels.retry_after import read_retry_after
from services.notify.domain.outcome import Fault, InDoubt, ProviderUnavailable

_LARGEST_ANSWER: Final = 1_000_000  # bytes
_CONNECT_LIMIT: Final = 2.0  # seconds
_IDLE: Final = (
    4.0  # seconds; shorter than the idle limit of servers, so that no call meets a closing connection
)
_BAD_REQUEST = frozenset({400, 422})


@dataclass(frozen=True, slots=True)
class ProviderAnswer:
    """The answer to a successful request, or to one that the provider found invalid."""

    status: int
    body: bytes


class ProviderClient:
    """Client of one provider. `limit`: the longest duration of one call in seconds."""

    def __init__(
        self,
        url: str,
        *,
        at_once: int,
        limit: float,
        headers: Mapping[str, str],
        certificate: Path | None = None,
    ) -> None:
        self._url = url.rstrip("/")
        self._limit = limit
        tls = ssl.create_default_context()
        if certificate is not None:
            tls.load_cert_chain(certificate)
        self._clients = [
            httpx.AsyncClient(
                verify=tls,
                timeout=httpx.Timeout(limit, connect=min(limit, _CONNECT_LIMIT)),
                limits=httpx.Limits(max_connections=1, max_keepalive_connections=1, keepalive_expiry=_IDLE),
                headers=dict(headers),
                trust_env=False,  # a proxy variable must not redirect messages
            )
            for _ in range(at_once)
        ]  # one connection per client: httpx scans its whole pool for each request
        self._free: asyncio.LifoQueue[httpx.AsyncClient] = asyncio.LifoQueue()
        for client in self._clients:
            self._free.put_nowait(client)

    async def call(
        self,
        method: str,
        path: str,
        *,
        content: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> ProviderAnswer | InDoubt | ProviderUnavailable:
        """Return an answer of 2xx, 400, 404 or 422; otherwise whether the request may have been accepted."""
        client = await self._free.get()
        try:
            async with asyncio.timeout(self._limit):
                return await self._ask(client, method, self._url + path, content, headers)
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol):
            return ProviderUnavailable(Fault.NO_CONNECTION)
        except (TimeoutError, httpx.TimeoutException):
            return InDoubt(Fault.TIME_LIMIT)
        except httpx.TransportError:
            return InDoubt(Fault.BROKEN)
        except httpx.DecodingError:
            return InDoubt(Fault.UNREADABLE)
        finally:
            self._free.put_nowait(client)

    async def close(self) -> None:
        for client in self._clients:
            await client.aclose()

    async def _ask(
        self,
        client: httpx.AsyncClient,
        method: str,
        url: str,
        content: bytes | None,
        headers: Mapping[str, str] | None,
    ) -> ProviderAnswer | InDoubt | ProviderUnavailable:
        async with client.stream(method, url, content=content, headers=headers) as response:
            response_headers = response.headers
            wait = read_retry_after(
                response_headers.get("retry-after"), datetime.now(UTC), response_headers.get("date")
            )
            trouble = _trouble(response.status_code, wait)
            if trouble is not None:
                return trouble
            body = bytearray()
            async for chunk in response.aiter_bytes():
                body += chunk
                if len(body) > _LARGEST_ANSWER:
                    return InDoubt(Fault.UNREADABLE)
            return ProviderAnswer(response.status_code, bytes(body))


def _trouble(status: int, wait: float | None) -> InDoubt | ProviderUnavailable | None:
    """Classify a status. After a server error without Retry-After the message may have been accepted."""
    if 200 <= status < 300 or status in _BAD_REQUEST or status == httpx.codes.NOT_FOUND:  # noqa: PLR2004 - success
        return None
    if status == httpx.codes.TOO_MANY_REQUESTS:
        return ProviderUnavailable(Fault.TOLD_TO_WAIT, wait)
    if status == httpx.codes.SERVICE_UNAVAILABLE and wait is not None:
        return ProviderUnavailable(Fault.TOLD_TO_WAIT, wait)
    if status == httpx.codes.CONFLICT:
        return InDoubt(Fault.CONFLICT)
    if status == httpx.codes.REQUEST_TIMEOUT or httpx.codes.is_server_error(status):
        return InDoubt(Fault.SERVER_ERROR)
    return ProviderUnavailable(Fault.NOT_ADMITTED)
