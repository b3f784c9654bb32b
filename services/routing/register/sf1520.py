"""SF1520 over HTTP: persistent connections, a time limit per call, retries, a circuit breaker.

The CPR number is sent in the body, never in a URL, so that no access log contains it.
"""

import asyncio
import ssl
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Final, Self

import httpx

from kit.runtime.circuit_breaker import CircuitBreaker
from kit.runtime.retries import Backoff
from services.routing import metrics
from services.routing.domain.register_entry import FailureReason, LookUpFailed, NotFound
from services.routing.register.answer import read_answer
from services.routing.register.lookup import LookUpResult
from services.routing.register.request import SOAP_ACTION, Agreement, build_request

_LARGEST_ANSWER: Final = 1_000_000  # bytes; the longest address history is under a tenth of it
_HEADERS: Final = {
    "Content-Type": "text/xml; charset=utf-8",
    "SOAPAction": f'"{SOAP_ACTION}"',
    "Accept-Encoding": "identity",  # answers are small; refuse decompression bombs
}
_TRANSIENT: Final = (FailureReason.TIME_LIMIT, FailureReason.UNREACHABLE, FailureReason.SERVER_ERROR)


@dataclass(frozen=True, slots=True)
class Sf1520Settings:
    """Times in seconds."""

    url: str
    client_certificate: Path | None = None  # PEM
    client_key: Path | None = None
    trusted: Path | None = None  # PEM; default: the system's certificates
    agreement: Agreement | None = None
    time_limit: float = 5
    attempts: int = 3
    first_pause: float = 0.2  # doubled for each further attempt
    longest_pause: float = 5
    at_once: int = 20
    breaker_after: int = 10
    breaker_pause: float = 30


class Sf1520Register:
    """Implements PersonRegister. Close it, or use it as a context manager."""

    def __init__(self, settings: Sf1520Settings, now: Callable[[], float] = time.monotonic) -> None:
        self._settings = settings
        self._breaker = CircuitBreaker(
            "cpr-register", after=settings.breaker_after, pause=settings.breaker_pause, now=now
        )
        self._clients = _clients(settings)
        self._free: asyncio.LifoQueue[httpx.AsyncClient] = asyncio.LifoQueue()
        for client in self._clients:
            self._free.put_nowait(client)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        for client in self._clients:
            await client.aclose()

    async def look_up(self, cprs: Sequence[str]) -> dict[str, LookUpResult]:
        wanted = dict.fromkeys(cprs)
        answers: dict[str, LookUpResult] = {}
        waiting = iter(wanted)
        async with asyncio.TaskGroup() as workers:
            for _ in range(min(self._settings.at_once, len(wanted))):
                workers.create_task(self._work(waiting, answers))
        return {cpr: answers[cpr] for cpr in wanted}

    async def _work(self, waiting: Iterator[str], answers: dict[str, LookUpResult]) -> None:
        for cpr in waiting:
            answers[cpr] = await self._look_up_with_retries(cpr)

    async def _look_up_with_retries(self, cpr: str) -> LookUpResult:
        pauses = Backoff(self._settings.first_pause, self._settings.longest_pause)
        for left in range(self._settings.attempts - 1, -1, -1):
            if not self._breaker.admits():
                return LookUpFailed(FailureReason.CIRCUIT_OPEN)
            with metrics.REGISTER_SECONDS.time():
                answer = await self._look_up_once(cpr)
            if not isinstance(answer, LookUpFailed) or answer.reason not in _TRANSIENT:
                self._breaker.succeeded()
                return answer
            self._breaker.failed()
            if left:
                await asyncio.sleep(pauses.next())
        return answer

    async def _look_up_once(self, cpr: str) -> LookUpResult:
        client = await self._free.get()
        try:
            async with asyncio.timeout(self._settings.time_limit):
                return await self._ask(client, cpr)
        except (TimeoutError, httpx.TimeoutException):
            return LookUpFailed(FailureReason.TIME_LIMIT)
        except httpx.TransportError:
            return LookUpFailed(FailureReason.UNREACHABLE)
        except httpx.DecodingError:
            return LookUpFailed(FailureReason.MALFORMED)
        finally:
            self._free.put_nowait(client)

    async def _ask(self, client: httpx.AsyncClient, cpr: str) -> LookUpResult:
        content = build_request(cpr, self._settings.agreement)
        async with client.stream("POST", self._settings.url, content=content) as response:
            body = await _read_bounded(response)
        if body is None:
            return LookUpFailed(FailureReason.MALFORMED)
        if response.status_code == httpx.codes.OK:
            return read_answer(cpr, body)
        return _error_result(cpr, response.status_code, body)


def _clients(settings: Sf1520Settings) -> list[httpx.AsyncClient]:
    """Create one client per concurrent call, because httpx scans its whole pool for each request."""
    tls = _tls(settings)
    return [
        httpx.AsyncClient(
            verify=tls,
            timeout=settings.time_limit,
            limits=httpx.Limits(max_connections=1, max_keepalive_connections=1),
            headers=_HEADERS,
            trust_env=False,  # no proxy variable may redirect CPR numbers
        )
        for _ in range(settings.at_once)
    ]


def _error_result(cpr: str, status: int, body: bytes) -> LookUpResult:
    """Map an HTTP error. SOAP 1.1 sends faults with status 500, also the fault for an unknown number."""
    if status == httpx.codes.INTERNAL_SERVER_ERROR:
        answer = read_answer(cpr, body)
        return answer if isinstance(answer, NotFound) else LookUpFailed(FailureReason.SERVER_ERROR)
    if httpx.codes.is_server_error(status) or status == httpx.codes.TOO_MANY_REQUESTS:
        return LookUpFailed(FailureReason.SERVER_ERROR)
    return LookUpFailed(FailureReason.REFUSED)


async def _read_bounded(response: httpx.Response) -> bytes | None:
    body = bytearray()
    async for chunk in response.aiter_bytes():
        body += chunk
        if len(body) > _LARGEST_ANSWER:
            return None
    return bytes(body)


def _tls(settings: Sf1520Settings) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=settings.trusted)
    if settings.client_certificate is not None:
        context.load_cert_chain(settings.client_certificate, settings.client_key)
    return context
