"""HTTP on loopback: an ASGI app on a port, and faults that a normal server never shows."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

import uvicorn
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.server import ServerState

from simulators.faults import Do, Faults, Plan
from simulators.settings import LOOPBACK

_GRACE: Final = 2.0  # seconds for open requests at a stop


class _Connection(H11Protocol):
    """Exposes the connection to handlers as `scope["state"]["transport"]`."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as in the parent
        super().connection_made(transport)
        self.app_state = {"transport": transport}


class Listener:
    """One app on one port in the running loop. uvicorn's Server would handle signals and stop slowly."""

    def __init__(self, app: ASGIApp) -> None:
        # No log of addresses or bodies. Kept connections stay open.
        self._config = uvicorn.Config(
            app, access_log=False, log_config=None, lifespan="off", ws="none", timeout_keep_alive=120
        )
        self._config.load()
        self._state = ServerState()
        self._server: asyncio.Server | None = None

    async def start(self, port: int, host: str = LOOPBACK) -> int:
        """Start and return the port, a free one if `port` is 0."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(
            lambda: _Connection(self._config, self._state, {}), host, port, backlog=2048
        )
        chosen: int = self._server.sockets[0].getsockname()[1]
        return chosen

    async def stop(self) -> None:
        if self._server is None:
            return
        self._server.close()
        for connection in list(self._state.connections):
            connection.shutdown()
        under_way = set(self._state.tasks)
        if under_way:
            _, late = await asyncio.wait(under_way, timeout=_GRACE)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)
        for connection in list(self._state.connections):
            connection.transport.abort()
        await self._server.wait_closed()


Answer = Callable[[], Awaitable[Response]]
Note = Callable[[int | str], Awaitable[None]]


async def misbehave(request: Request, plan: Plan, answer: Answer, note: Note) -> Response:
    """Answer as the plan demands. `answer` takes effect; `note` journals a request without effect."""
    if slow := plan.get(Do.SLOW):
        await asyncio.sleep(slow.seconds)
    if Do.DROP_BEFORE in plan:
        await note("dropped")
        return await hang_up(request)
    if limit := plan.get(Do.LIMIT):
        await note(429)
        wait = max(1, round(1 / limit.per_second))
        return Response(status_code=429, headers={"Retry-After": str(wait)})
    if status := plan.get(Do.STATUS):
        await note(status.status)
        return Response("Service unavailable", status.status)
    if Do.GARBAGE in plan:
        await note("garbage")
        return Response("<html><body>Velkommen", media_type="text/html")
    return await _after(request, plan, await answer())


async def _after(request: Request, plan: Plan, response: Response) -> Response:
    if Do.ACCEPT_THEN_TIMEOUT in plan:
        return await _until_gone(request)
    if Do.ACCEPT_THEN_DROP in plan:
        return await hang_up(request)
    if status := plan.get(Do.STATUS_AFTER):
        return Response("Service unavailable", status.status)
    return response


def answered(plan: Plan, well: int) -> int | str:
    """Return the answer that the journal records for a request that took effect."""
    if Do.ACCEPT_THEN_TIMEOUT in plan:
        return "none"
    if Do.ACCEPT_THEN_DROP in plan:
        return "dropped"
    status = plan.get(Do.STATUS_AFTER)
    return status.status if status else well


async def hang_up(request: Request) -> Response:
    request.scope["state"]["transport"].abort()
    return await _until_gone(request)


async def _until_gone(request: Request) -> Response:
    await request.body()
    while (await request.receive())["type"] != "http.disconnect":
        pass
    return Response(status_code=499)  # the client is gone


def plan_of(faults: Faults, request: Request, recipient: str) -> Plan:
    try:
        return faults.plan(recipient, request.headers.get("x-simulate"))
    except ValueError as error:
        raise HTTPException(400, "X-Simulate cannot be read") from error
