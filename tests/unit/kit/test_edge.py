"""The edge middleware of every service: host name, path, size and time of a request."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest
import uvicorn
from fastapi import FastAPI, Request

from deploy.local.ports import free_port
from kit.http.edge import LOOPBACK, EdgeRules, TimeLimitedProtocol
from kit.http.web import make_app

MIB = 1024 * 1024
QUICK = 0.2  # seconds: what a slow client is given here
HEAD = "POST /bodies HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\n"


class QuickProtocol(TimeLimitedProtocol):
    within = QUICK


def an_app(**rules: float) -> FastAPI:
    edge = EdgeRules(hosts={*LOOPBACK, "routing"}, large={re.compile("/imports"): None}, **rules)
    app = make_app("test", edge=edge)

    @app.get("/people/{name}")
    async def person(name: str) -> str:
        return name

    @app.get("/numbers/{number}")
    async def number(number: int) -> int:
        return number

    @app.post("/bodies")
    @app.post("/imports")
    async def take(request: Request) -> int:
        return len(await request.body())

    return app


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(an_app())
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as made:
        yield made


@asynccontextmanager
async def serving() -> AsyncIterator[int]:
    """Serve on a real socket, as a service does; a slow client has little time."""
    port = free_port()
    config = uvicorn.Config(
        an_app(within=QUICK), port=port, log_config=None, http=QuickProtocol, proxy_headers=False
    )
    server = uvicorn.Server(config)
    running = asyncio.create_task(server.serve())
    async with asyncio.timeout(20):
        while not server.started:
            await asyncio.wait({running}, timeout=0.01)
    yield port
    server.should_exit = True
    await running


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1:8000", "[::1]:8000", "routing:8000", "ROUTING"])
async def test_a_request_under_a_permitted_host_name_is_answered(
    client: httpx.AsyncClient, host: str
) -> None:
    assert (await client.get("/people/ida", headers={"Host": host})).status_code == 200


@pytest.mark.parametrize(
    "host", ["evil.example", "localhost.evil.example", "routing.evil", "", "[", "10.0.0.1"]
)
async def test_a_request_under_another_host_name_is_refused(client: httpx.AsyncClient, host: str) -> None:
    answer = await client.get("/people/ida", headers={"Host": host})

    assert answer.status_code == 421
    assert answer.json()["type"] == "urn:folgeskab:unknown-host"


@pytest.mark.parametrize("path", ["/metrics"])
async def test_monitoring_may_use_an_ip_address(client: httpx.AsyncClient, path: str) -> None:
    assert (await client.get(path, headers={"Host": "10.0.0.1:8000"})).status_code == 200


@pytest.mark.parametrize(
    "path",
    ["/people/%00", "/people/a%0d%0ab", "/people/%ff%fe", "/people/%c3%28", "/people/x?q=%00", "/numbers/x"],
)
async def test_a_path_that_is_not_text_is_not_found(client: httpx.AsyncClient, path: str) -> None:
    answer = await client.get(path)

    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"


async def test_a_path_with_danish_letters_is_accepted(client: httpx.AsyncClient) -> None:
    assert (await client.get("/people/Åse%20Ø")).json() == "Åse Ø"


async def test_a_body_is_bounded_with_and_without_a_content_length(client: httpx.AsyncClient) -> None:
    async def pieces() -> AsyncIterator[bytes]:
        for _ in range(17):
            yield b"x" * (MIB // 16)

    told = await client.post("/bodies", content=b"x" * (MIB + 1))
    untold = await client.post("/bodies", content=pieces())
    most = await client.post("/bodies", content=b"x" * MIB)

    assert [told.status_code, untold.status_code, most.status_code] == [413, 413, 200]


async def test_an_import_is_not_bounded(client: httpx.AsyncClient) -> None:
    assert (await client.post("/imports", content=b"x" * (3 * MIB))).json() == 3 * MIB


async def test_a_body_that_is_sent_too_slowly_is_refused_with_408() -> None:
    async with serving() as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(HEAD.encode() + b"x")

        async with asyncio.timeout(20):
            answer = await reader.readline()
        writer.close()

    assert answer.startswith(b"HTTP/1.1 408 ")


@pytest.mark.parametrize("sent", [b"", b"GET /people/ida HTT", b"GET /people/ida HTTP/1.1\r\nHost: loc"])
async def test_a_client_that_never_ends_its_head_is_cut_off(sent: bytes) -> None:
    async with serving() as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(sent)

        async with asyncio.timeout(20):
            with pytest.raises((ConnectionResetError, asyncio.IncompleteReadError)):
                await reader.readexactly(1)
        writer.close()


async def test_a_slow_second_request_of_a_connection_is_cut_off_too_and_the_first_is_answered() -> None:
    async with serving() as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"GET /people/ida HTTP/1.1\r\nHost: localhost\r\n\r\n")
        first = await reader.readuntil(b'"ida"')
        writer.write(b"GET /people")

        async with asyncio.timeout(20):
            with pytest.raises((ConnectionResetError, asyncio.IncompleteReadError)):
                await reader.readexactly(1)
        writer.close()

    assert first.startswith(b"HTTP/1.1 200 ")
