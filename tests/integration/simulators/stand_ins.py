"""The stand-ins in the test's own process, and somebody who takes their receipts."""

import asyncio
import json
from collections.abc import AsyncIterator
from email.message import EmailMessage
from pathlib import Path
from typing import Any
from uuid import uuid4

import aiosmtplib
import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from services.notify.channels.digital_post import post_status
from services.notify.domain.receipt import Receipt, ReceiptStatus
from simulators.__main__ import Simulators
from simulators.settings import Settings
from simulators.web import Listener

CPR = "2512489996"  # published: HL7 Denmark, dk-core
PHONE = "+4520123456"
MEMO = (
    '<kombi_request><KombiValgKode>Digital Post</KombiValgKode><memo:Message'
    ' xmlns:memo="https://DigitalPost.dk/MeMo-1" memoVersion="1.1"><memo:MessageHeader><memo:Recipient>'
    f"<memo:recipientID>{CPR}</memo:recipientID></memo:Recipient></memo:MessageHeader></memo:Message>"
    "</kombi_request>"
)  # fmt: skip


class Sender:
    """Takes receipts, or refuses them for a while."""

    def __init__(self) -> None:
        self.taken: list[tuple[str, bytes]] = []
        self.refuse = 0
        self.refusal = 503
        self._grown = asyncio.Event()

    async def take(self, request: Request) -> Response:
        if self.refuse:
            self.refuse -= 1
            return Response(status_code=self.refusal)
        self.taken.append((request.url.path, await request.body()))
        self._grown.set()
        return Response()

    async def until(self, count: int) -> list[tuple[str, bytes]]:
        async with asyncio.timeout(20):
            while len(self.taken) < count:
                self._grown.clear()
                await self._grown.wait()
        return self.taken

    def statuses(self) -> list[ReceiptStatus]:
        read = [post_status.read(body) for _, body in self.taken]
        return [receipt.status for receipt in read if isinstance(receipt, Receipt)]


class RunningSimulators:
    def __init__(self, simulators: Simulators, ports: dict[str, int], sender: Sender) -> None:
        self.simulators = simulators
        self.ports = ports
        self.sender = sender
        self.http = httpx.AsyncClient(timeout=20)

    def url(self, name: str) -> str:
        return f"http://127.0.0.1:{self.ports[name]}"

    async def tell(self, simulator: str, *rules: dict[str, Any]) -> None:
        answer = await self.http.put(f"{self.url('control')}/faults/{simulator}", json={"rules": list(rules)})
        assert answer.status_code == 200, answer.text

    async def sms(self, key: str | None = None, *, patience: float = 20, **headers: str) -> httpx.Response:
        body = {"reference": key or str(uuid4()), "to": PHONE, "text": "Hej"}
        return await self.http.post(
            f"{self.url('sms')}/messages", json=body, headers=headers, timeout=patience
        )

    async def post(self, key: str | None = None, **headers: str) -> httpx.Response:
        return await self.http.post(
            f"{self.url('digital_post')}/service/KombiPostAfsend_1/memos",
            content=MEMO,
            headers={"X-TransaktionsId": key or str(uuid4())} | headers,
        )

    async def mail(self, key: str, *, patience: float = 20) -> tuple[dict[str, Any], str]:
        message = EmailMessage()
        message["From"], message["To"], message["Subject"] = "a@example.dk", "b@example.dk", "Hej"
        message["Message-ID"] = f"<{key}@example.dk>"
        message.set_content("Hej")
        return await aiosmtplib.send(
            message, hostname="127.0.0.1", port=self.ports["smtp"], start_tls=False, timeout=patience
        )

    async def journal(self, name: str) -> list[dict[str, Any]]:
        answer = await self.http.get(f"{self.url('control')}/journals/{name}")
        return [json.loads(line) for line in answer.text.splitlines()]


@pytest.fixture
async def simulators(tmp_path: Path) -> AsyncIterator[RunningSimulators]:
    sender = Sender()
    sink = Listener(Starlette(routes=[Route("/{path:path}", sender.take, methods=["POST"])]))
    port = await sink.start(0)
    stand_ins = Simulators(
        Settings(
            tmp_path / "journals",
            cpr_port=0, digital_post_port=0, sms_port=0, smtp_port=0, control_port=0,
            receipts_url=f"http://127.0.0.1:{port}/receipts",
        )
    )  # fmt: skip
    made = RunningSimulators(stand_ins, await stand_ins.start(), sender)
    yield made
    await made.http.aclose()
    await stand_ins.stop()
    await sink.stop()
