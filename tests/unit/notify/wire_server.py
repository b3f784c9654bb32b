"""A scripted provider on a real socket, with just enough HTTP."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

HANG, DROP = "hang", "drop"


@dataclass
class Request:
    line: str
    headers: dict[str, str]
    body: bytes


@dataclass
class WireServer:
    """`answers`: status and body, with further header lines; or HANG, or DROP. The last one is repeated."""

    answers: Sequence[tuple[int, bytes, str] | str]
    url: str = ""
    seen: list[Request] = field(default_factory=list)
    open: set[asyncio.Task[None]] = field(default_factory=set)

    def accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.open.add(asyncio.create_task(self._serve(reader, writer)))

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while head := (await reader.readuntil(b"\r\n\r\n")).decode():
                lines = head.split("\r\n")
                headers = {k.lower(): v for k, _, v in (line.partition(": ") for line in lines[1:])}
                body = await reader.readexactly(int(headers.get("content-length", "0")))
                self.seen.append(Request(lines[0], headers, body))
                await self._answer(writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    async def _answer(self, writer: asyncio.StreamWriter) -> None:
        answer = self.answers[min(len(self.seen), len(self.answers)) - 1]
        if answer == DROP:
            raise ConnectionError
        if isinstance(answer, str):
            await asyncio.Event().wait()
        status, body, more = answer
        writer.write(f"HTTP/1.1 {status} X\r\nContent-Length: {len(body)}\r\n{more}\r\n".encode() + body)
        await writer.drain()


@asynccontextmanager
async def answering(*answers: tuple[int, bytes, str] | str) -> AsyncIterator[WireServer]:
    made = WireServer(answers)
    server = await asyncio.start_server(made.accept, "127.0.0.1", 0)
    host, port = server.sockets[0].getsockname()
    made.url = f"http://{host}:{port}"
    try:
        yield made
    finally:
        server.close()
        for task in made.open:
            task.cancel()
        await asyncio.gather(*made.open, return_exceptions=True)
        await server.wait_closed()
