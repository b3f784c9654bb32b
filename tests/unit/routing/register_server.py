"""A register on a real socket that is told how to behave. Speaks just enough HTTP and SOAP."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from lxml import etree

from services.routing.register.request import PNR, SERVICE, SOAP

PERSON, OTHER = "0504909995", "0201609996"
Reply = tuple[int, bytes]


def person(cpr: str, more: str = "") -> Reply:
    content = (
        f"<persondata><personnummer>{cpr}</personnummer><antalBoernUnder18>0</antalBoernUnder18>"
        f"<status><status>1</status></status>{more}</persondata>"
        "<adresse><aktuelAdresse><kommunekode>751</kommunekode></aktuelAdresse></adresse>"
    )
    return 200, envelope(f'<PersonLookupResponse xmlns="{SERVICE}">{content}</PersonLookupResponse>')


def fault(text: str) -> Reply:
    return 500, envelope(
        f"<s:Fault><faultcode>s:Server</faultcode><faultstring>{text}</faultstring></s:Fault>"
    )


def envelope(content: str) -> bytes:
    return f'<s:Envelope xmlns:s="{SOAP}"><s:Body>{content}</s:Body></s:Envelope>'.encode()


class Register:
    """Speaks just enough HTTP to answer a POST; what it answers is the test's."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.paths: list[str] = []
        self.connections = 0
        self.url = ""
        self.open: set[asyncio.Task[None]] = set()

    async def reply(self, cpr: str) -> Reply | None:
        """Answer, or with None hang up."""
        return person(cpr)

    def accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self.open.add(asyncio.create_task(self._serve(reader, writer)))

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                await self._answer(head.decode(), reader, writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    async def _answer(self, head: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        fields = {
            name.lower(): value for name, _, value in (line.partition(": ") for line in head.split("\r\n"))
        }
        body = await reader.readexactly(int(fields["content-length"]))
        cpr = etree.fromstring(body).findtext(f".//{{{PNR}}}PNR") or ""
        self.asked.append(cpr)
        self.paths.append(head.split(" ")[1])
        reply = await self.reply(cpr)
        if reply is None:
            raise ConnectionError
        writer.write(f"HTTP/1.1 {reply[0]} X\r\nContent-Length: {len(reply[1])}\r\n\r\n".encode() + reply[1])
        await writer.drain()


@asynccontextmanager
async def running(register: Register, tls: ssl.SSLContext | None = None) -> AsyncIterator[Register]:
    server = await asyncio.start_server(register.accept, "127.0.0.1", 0, ssl=tls)
    host, port = server.sockets[0].getsockname()
    register.url = f"{'https' if tls else 'http'}://{host}:{port}/service/CPR/PersonBaseDataExtended/4"
    try:
        yield register
    finally:
        server.close()
        for task in register.open:
            task.cancel()
        await asyncio.gather(*register.open, return_exceptions=True)
        await server.wait_closed()
