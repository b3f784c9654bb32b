"""A TCP proxy that can stop forwarding without closing connections, like a cut network."""

import asyncio
import contextlib
from collections.abc import AsyncIterator


class DroppingProxy:
    """Forwards bytes between clients and one server until it silently stops."""

    def __init__(self, host: str, port: int) -> None:
        self._server = host, port
        self._tasks: set[asyncio.Task[None]] = set()
        self._writers: set[asyncio.StreamWriter] = set()
        self._cut: set[asyncio.Event] = set()
        self._speaks = asyncio.Event()
        self._speaks.set()
        self.port = 0

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.add(writer)
        await self._speaks.wait()
        upstream_reader, upstream_writer = await asyncio.open_connection(*self._server)
        cut = asyncio.Event()
        self._cut.add(cut)
        self._writers.add(upstream_writer)
        for source, target in ((reader, upstream_writer), (upstream_reader, writer)):
            task = asyncio.create_task(self._pass_on(source, target, cut))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _pass_on(
        self, source: asyncio.StreamReader, target: asyncio.StreamWriter, cut: asyncio.Event
    ) -> None:
        with contextlib.suppress(ConnectionError):
            while data := await source.read(65536):
                await self._speaks.wait()
                if not cut.is_set():
                    target.write(data)
                    await target.drain()
        await self._speaks.wait()
        if not cut.is_set():
            target.close()

    def cut(self) -> None:
        """Close every open connection. New ones are forwarded."""
        for one in self._cut:
            one.set()

    def fall_silent(self) -> None:
        """Stop forwarding. New connections are accepted and get no answer."""
        self._speaks.clear()

    def speak_again(self) -> None:
        """Resume forwarding, including the bytes held back."""
        self._speaks.set()

    async def stop(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for writer in self._writers:
            writer.close()
        await asyncio.gather(*(writer.wait_closed() for writer in self._writers), return_exceptions=True)


@contextlib.asynccontextmanager
async def dropping_proxy(host: str, port: int) -> AsyncIterator[DroppingProxy]:
    proxy = DroppingProxy(host, port)
    server = await asyncio.start_server(proxy._accept, "127.0.0.1", 0)
    proxy.port = server.sockets[0].getsockname()[1]
    try:
        yield proxy
    finally:
        server.close()
        await proxy.stop()
